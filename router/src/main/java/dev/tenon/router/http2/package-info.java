/**
 * HTTP/2 as bytes in buffers (RFC 9113) and its header compression (RFC 7541): no sockets, no
 * threads, no locks. Whatever belongs to a connection is used on that connection's thread alone.
 *
 * <p>Unsupported: its types are public only for the other packages of this module.
 */
@NullMarked
package dev.tenon.router.http2;

import org.jspecify.annotations.NullMarked;
