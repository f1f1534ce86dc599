/** README's programs, as they are printed there; {@code ReadmeTest} compares and runs them. */
@NullMarked
package acme.greeter;

import org.jspecify.annotations.NullMarked;
