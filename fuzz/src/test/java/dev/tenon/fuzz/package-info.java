/** Fuzz targets: one for each parser that reads what Tenon did not write. */
@NullMarked
package dev.tenon.fuzz;

import org.jspecify.annotations.NullMarked;
