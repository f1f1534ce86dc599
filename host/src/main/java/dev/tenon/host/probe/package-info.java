/**
 * Probes over HTTP.
 *
 * <p>For other packages of this module; not supported API.
 */
@NullMarked
package dev.tenon.host.probe;

import org.jspecify.annotations.NullMarked;
