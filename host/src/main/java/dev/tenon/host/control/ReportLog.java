package dev.tenon.host.control;

import dev.tenon.core.Health;
import dev.tenon.core.Reason;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;

/**
 * The log's lines about plugins' reports: of each plugin at most one a second, so that a plugin
 * which reports without end fills no log. Thread-safe.
 */
final class ReportLog {
  private static final System.Logger LOG = System.getLogger(ReportLog.class.getName());
  private static final long PERIOD_NANOS = Duration.ofSeconds(1).toNanos();

  /** The last lines, by run; a host has few runs, and none is forgotten before the host is. */
  private final ConcurrentMap<RuntimeId, Line> last = new ConcurrentHashMap<>();

  private final LongSupplier nanoTime;

  ReportLog(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * When the last line was written, whether that was now, and what was left out before and since.
   */
  private record Line(long at, boolean isNow, long leftBefore, long leftSince) {}

  /** Writes the report, unless one of the same plugin was written less than a second ago. */
  void write(RuntimeId plugin, Health health, Reason reason, List<ServiceName> unavailable) {
    long now = nanoTime.getAsLong();
    Line line =
        last.merge(
            plugin,
            new Line(now, /* isNow= */ true, 0, 0),
            (before, first) ->
                now - before.at < PERIOD_NANOS
                    ? new Line(before.at, /* isNow= */ false, 0, before.leftSince + 1)
                    : new Line(now, /* isNow= */ true, before.leftSince, 0));
    if (line.isNow) {
      LOG.log(
          Level.INFO,
          "plugin {0} reports {1}: {2}; unavailable: {3} (reports left out before: {4})",
          plugin,
          health,
          reason,
          unavailable,
          line.leftBefore);
    }
  }
}
