/**
 * TLS and sockets for both sides: credentials, the trust check, Unix sockets, and the bootstrap
 * document.
 *
 * <p>Unsupported outside Tenon: its types are public only for Tenon's other modules.
 */
@NullMarked
package dev.tenon.transport;

import org.jspecify.annotations.NullMarked;
