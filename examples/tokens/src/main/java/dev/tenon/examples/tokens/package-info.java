/** The example plugin {@code tokens}: without state, so that any of its runs can answer. */
@NullMarked
package dev.tenon.examples.tokens;

import org.jspecify.annotations.NullMarked;
