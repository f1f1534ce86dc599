/**
 * How a host tells an orchestrator that it is there.
 *
 * <p>For other packages of this module; not supported API.
 */
@NullMarked
package dev.tenon.host.orchestrator;

import org.jspecify.annotations.NullMarked;
