/** Benchmarks, and the program that runs them and writes down what they measured. */
@NullMarked
package dev.tenon.bench;

import org.jspecify.annotations.NullMarked;
