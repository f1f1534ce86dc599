/**
 * The relay of calls over HTTP/2, frame by frame: connections to plugins, and connections from
 * them. What a call may do is decided elsewhere, behind {@link dev.tenon.router.relay.CallHandler}.
 * Not part of the supported API.
 */
@NullMarked
package dev.tenon.router.relay;

import org.jspecify.annotations.NullMarked;
