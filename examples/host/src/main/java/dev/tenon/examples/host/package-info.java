/** The example host binary: what {@code ./tenon} starts. Start with {@code Demo}. */
@NullMarked
package dev.tenon.examples.host;

import org.jspecify.annotations.NullMarked;
