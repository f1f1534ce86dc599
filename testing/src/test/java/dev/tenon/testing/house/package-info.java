/** The rules of this house, and the table of what it promises. */
@NullMarked
package dev.tenon.testing.house;

import org.jspecify.annotations.NullMarked;
