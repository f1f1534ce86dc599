/**
 * The relay: calls of plugins, from their connections to those of providers, as HTTP/2 frames.
 *
 * <p>It asks a {@link dev.tenon.router.relay.CallHandler} what becomes of each call and decides
 * nothing itself. Unsupported outside Tenon: its types are public only for the router and the host.
 */
@NullMarked
package dev.tenon.router.relay;

import org.jspecify.annotations.NullMarked;
