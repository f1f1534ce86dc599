/**
 * Certificates that are not accepted any more, whoever issued them.
 *
 * <p>Unsupported outside Tenon: its types are public only for Tenon's other modules.
 */
@NullMarked
package dev.tenon.auth.revocation;

import org.jspecify.annotations.NullMarked;
