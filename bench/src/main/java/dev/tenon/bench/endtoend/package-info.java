/**
 * The end to end comparison: the same calls, direct and through Tenon and other proxies, and what
 * each costs.
 */
@NullMarked
package dev.tenon.bench.endtoend;

import org.jspecify.annotations.NullMarked;
