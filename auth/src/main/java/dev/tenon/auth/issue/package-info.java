/**
 * Issuers of SVIDs: certificate authorities, what they read and what they check.
 *
 * <p>Unsupported outside Tenon: its types are public only for Tenon's other modules.
 */
@NullMarked
package dev.tenon.auth.issue;

import org.jspecify.annotations.NullMarked;
