/**
 * The host's side: {@link dev.tenon.host.PluginHost} starts plugins, gives each an identity, and
 * brokers their calls.
 *
 * <p>Supported API.
 */
@NullMarked
package dev.tenon.host;

import org.jspecify.annotations.NullMarked;
