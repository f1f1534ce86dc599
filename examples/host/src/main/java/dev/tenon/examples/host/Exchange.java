package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.cli.Table;
import dev.tenon.host.PluginChangeException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.host.launch.PluginDefinition;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;

/**
 * Replaces {@code tokens} by itself while it is called, then kills one of its runs, and shows what
 * the callers had of it. Its other run is the standby.
 */
final class Exchange {
  /** For a machine that has much else to do; none of it is slept away. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final long LOOK_NANOS = 10_000_000;

  private final PluginHost host;
  private final Table table =
      new Table("STEP", "CALLS", "REPEATED", "FAILED", "LONGEST CALL MS", "TOOK MS");
  private final List<String> problems = new ArrayList<>();

  private Exchange(PluginHost host) {
    this.host = host;
  }

  /**
   * Does and shows it, if {@code plugins} has the plugin.
   *
   * @return what went wrong: calls that failed, runs that did not come back
   * @throws ConfigException if the folder of plugins cannot be read any more
   * @throws PluginChangeException if the plugin could not be replaced
   */
  static List<String> show(PluginHost host, Path plugins, PrintWriter out)
      throws ConfigException, PluginChangeException {
    Optional<PluginDefinition> tokens =
        PluginDefinition.loadAll(plugins).stream()
            .filter(plugin -> plugin.name().value().equals(Tokens.PLUGIN))
            .findFirst();
    if (tokens.isEmpty()) {
      return List.of();
    }
    Exchange exchange = new Exchange(host);
    long recoveryMillis;
    try (UnderLoad load = UnderLoad.on(host)) {
      exchange.replace(tokens.get(), load);
      recoveryMillis = exchange.kill(load);
    }
    out.println();
    exchange.table.print(out);
    if (exchange.problems.isEmpty()) {
      out.println();
      out.println("no call failed; all runs served again " + recoveryMillis + " ms after the kill");
    }
    return exchange.problems;
  }

  private void replace(PluginDefinition next, UnderLoad load) throws PluginChangeException {
    long began = System.nanoTime();
    host.replace(next, PATIENCE);
    UnderLoad.Counts counts = load.counts();
    String step = "replace " + Tokens.PLUGIN;
    row(step, counts, millisSince(began));
    problems.addAll(counts.problems(step));
    if (counts.repeated() > 0) { // nothing that a replacement may ask of its callers
      problems.add(step + ": " + counts.repeated() + " calls were cut off (expected: none)");
    }
  }

  /** Ends {@code load}, too. Returns after how many milliseconds all runs served again. */
  private long kill(UnderLoad load) {
    String run = load.answering();
    String step = "kill " + run;
    int all = runs().size();
    long began = System.nanoTime();
    LogOnStderr.install(Level.SEVERE); // the host warns of plugins that end by themselves
    try {
      if (!isKilled(run) || !isFollowed(run, all)) {
        problems.add(step + ": not all runs served again (expected: all)");
      }
    } finally {
      LogOnStderr.install(Level.WARNING);
    }
    long tookMillis = millisSince(began);
    load.close(); // calls that are open count, too
    UnderLoad.Counts counts = load.counts();
    row(step, counts, tookMillis);
    problems.addAll(counts.problems(step));
    return tookMillis;
  }

  private List<PluginStatus> runs() {
    return host.plugins().stream()
        .filter(plugin -> plugin.name().value().equals(Tokens.PLUGIN))
        .toList();
  }

  private boolean isKilled(String run) {
    return runs().stream()
        .filter(each -> each.runtimeId().value().equals(run))
        .flatMap(each -> each.pid().stream().mapToObj(ProcessHandle::of))
        .flatMap(Optional::stream)
        .anyMatch(ProcessHandle::destroyForcibly); // SIGKILL
  }

  /** Waits until as many runs serve as before, without {@code killed}. */
  private boolean isFollowed(String killed, int all) {
    long began = System.nanoTime();
    while (System.nanoTime() - began < PATIENCE.toNanos()) {
      long serving =
          runs().stream()
              .filter(run -> !run.runtimeId().value().equals(killed))
              .filter(run -> run.state().isUp() && !run.services().isEmpty())
              .count();
      if (serving == all) {
        return true;
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
    return false;
  }

  private void row(String step, UnderLoad.Counts counts, long tookMillis) {
    table.row(
        step,
        counts.calls(),
        counts.repeated(),
        counts.failed(),
        counts.longest().toMillis(),
        tookMillis);
  }

  private static long millisSince(long began) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
  }
}
