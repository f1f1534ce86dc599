package dev.tenon.host;

import dev.tenon.host.control.Enrolled;
import dev.tenon.host.launch.LaunchedPlugin;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** How long the host waits for a run that it started, and what it says when it waited in vain. */
final class Arrivals {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());

  private final HostSettings.Limits limits;

  Arrivals(HostSettings.Limits limits) {
    this.limits = limits;
  }

  /** Returns the longest time from launch to healthy. */
  Duration most() {
    return limits.toEnrol().plus(limits.toHealthy());
  }

  /** Waits until {@code plugin} has enrolled. */
  Enrolled enrolled(Plugins.Started plugin) throws HostStartException {
    return await(plugin, plugin.run().enrolled(), limits.toEnrol(), "enrol");
  }

  /** Waits until {@code plugin} can be called. */
  void healthy(Plugins.Started plugin) throws HostStartException {
    await(plugin, plugin.run().healthy(), limits.toHealthy(), "become healthy");
    LOG.log(
        Level.INFO,
        "plugin {0} is healthy, isolation {1}: {2}",
        plugin.run().id().runtimeId(),
        plugin.definition().runtime().isolation(),
        plugin.definition().runtime().isolation().meaning());
  }

  private <T> T await(
      Plugins.Started plugin, CompletableFuture<T> step, Duration limit, String what)
      throws HostStartException {
    String name = "plugin " + plugin.definition().name();
    try {
      return step.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw failed(plugin, name + ": did not " + what + " (expected: within " + limit + ")", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw failed(plugin, cause.getMessage() + " (expected: to " + what + ")", cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(plugin, name + ": start was interrupted", e);
    }
  }

  private static HostStartException failed(
      Plugins.Started plugin, String message, Throwable cause) {
    List<String> output = plugin.run().process().map(LaunchedPlugin::lastOutput).orElse(List.of());
    String printed = output.isEmpty() ? "" : "\nits last output:\n  " + String.join("\n  ", output);
    return new HostStartException(HostStartException.Kind.PLUGIN, message + printed, cause);
  }
}
