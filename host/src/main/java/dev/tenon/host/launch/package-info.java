/**
 * How a plugin comes to run: the open interface {@link dev.tenon.host.launch.PluginRuntime}, and
 * its process form.
 *
 * <p>Supported API.
 */
@NullMarked
package dev.tenon.host.launch;

import org.jspecify.annotations.NullMarked;
