/** The example plugin {@code files}: streams the bytes of exactly the files that the host lists. */
@NullMarked
package dev.tenon.examples.files;

import org.jspecify.annotations.NullMarked;
