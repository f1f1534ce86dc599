/**
 * The words of Tenon as values: names, versions, identities, tokens, refusals, and the plugin
 * itself.
 *
 * <p>Everything here is immutable and thread-safe, knows nothing of sockets or processes, and is
 * supported API.
 */
@NullMarked
package dev.tenon.core;

import org.jspecify.annotations.NullMarked;
