/** The example plugin {@code store}: keys and values that survive a restart. */
@NullMarked
package dev.tenon.examples.store;

import org.jspecify.annotations.NullMarked;
