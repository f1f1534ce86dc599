/**
 * The control services: enrolment, renewal, registry and life cycle, orchestrated over auth and
 * registry.
 *
 * <p>Unsupported outside Tenon: its types are public only for the facade.
 */
@NullMarked
package dev.tenon.host.control;

import org.jspecify.annotations.NullMarked;
