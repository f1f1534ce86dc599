/** Attacks on a real host, over the wire, with what must hold after each of them. */
@NullMarked
package dev.tenon.testing.attack;

import org.jspecify.annotations.NullMarked;
