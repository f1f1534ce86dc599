/**
 * The audit trail: what happened, written before it takes effect.
 *
 * <p>Unsupported outside Tenon: its types are public only for Tenon's other modules.
 */
@NullMarked
package dev.tenon.auth.audit;

import org.jspecify.annotations.NullMarked;
