/**
 * Strict TOML: every key is known or refused, and all problems are reported at once.
 *
 * <p>Unsupported outside Tenon: its types are public only for Tenon's other modules.
 */
@NullMarked
package dev.tenon.auth.config;

import org.jspecify.annotations.NullMarked;
