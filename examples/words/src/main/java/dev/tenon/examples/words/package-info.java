/**
 * The example plugin {@code words}: counts text, with the help of two other plugins and the host.
 */
@NullMarked
package dev.tenon.examples.words;

import org.jspecify.annotations.NullMarked;
