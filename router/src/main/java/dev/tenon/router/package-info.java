/**
 * The way of a call: admit, decide, choose, relay.
 *
 * <p>Unsupported outside Tenon: its types are public only for Tenon's other modules.
 */
@NullMarked
package dev.tenon.router;

import org.jspecify.annotations.NullMarked;
