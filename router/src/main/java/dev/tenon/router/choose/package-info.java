/**
 * What a router learns of providers from the ends of their calls, and what follows for the next
 * ones: load, circuit breakers, ejection, and how often a call is made again.
 *
 * <p>Unsupported outside Tenon: its types are public only for Tenon's other modules.
 */
@NullMarked
package dev.tenon.router.choose;

import org.jspecify.annotations.NullMarked;
