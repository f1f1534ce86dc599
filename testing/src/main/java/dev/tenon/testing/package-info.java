/**
 * The test kit: {@link dev.tenon.testing.TenonTest} runs a plugin under a real host inside a test,
 * and {@link dev.tenon.testing.FaultProxy} makes the network between them bad.
 *
 * <p>Supported API.
 */
@NullMarked
package dev.tenon.testing;

import org.jspecify.annotations.NullMarked;
