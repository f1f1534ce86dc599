/**
 * Enrolment and runtime tokens and the lineages they belong to. Identity comes in as a value.
 *
 * <p>Unsupported outside Tenon: its types are public only for Tenon's other modules.
 */
@NullMarked
package dev.tenon.auth;

import org.jspecify.annotations.NullMarked;
