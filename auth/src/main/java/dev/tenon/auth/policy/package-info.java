/**
 * Who may provide and who may call what, as the operator wrote it.
 *
 * <p>Unsupported outside Tenon: its types are public only for Tenon's other modules.
 */
@NullMarked
package dev.tenon.auth.policy;

import org.jspecify.annotations.NullMarked;
