/**
 * Which plugin provides which service, and in which order plugins start.
 *
 * <p>Unsupported outside Tenon: its types are public only for Tenon's other modules.
 */
@NullMarked
package dev.tenon.registry;

import org.jspecify.annotations.NullMarked;
