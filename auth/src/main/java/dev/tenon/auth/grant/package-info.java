/**
 * Grants: a plugin's right to one service of the host for a time.
 *
 * <p>Unsupported outside Tenon: its types are public only for Tenon's other modules.
 */
@NullMarked
package dev.tenon.auth.grant;

import org.jspecify.annotations.NullMarked;
