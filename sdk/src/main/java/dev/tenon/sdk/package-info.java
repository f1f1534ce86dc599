/**
 * The plugin's side: bootstrap, enrol, serve, call, renew, drain.
 *
 * <p>Supported API. A plugin author needs {@code Plugin} and {@code Caller}; the rest works behind them.
 */
@NullMarked
package dev.tenon.sdk;

import org.jspecify.annotations.NullMarked;
