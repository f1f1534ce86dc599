/** A hostile plugin, made with the transport alone: the SDK would not let it do what it tries. */
@NullMarked
package dev.tenon.examples.rogue;

import org.jspecify.annotations.NullMarked;
