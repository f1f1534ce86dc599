package dev.tenon.host.control;

import dev.tenon.core.Health;
import dev.tenon.core.Reason;

/** What only the control services may say to a run, for tests of those who watch it. */
public final class RunReports {
  private RunReports() {}

  /** Reports {@code health} of {@code run}. */
  public static void report(PluginRun run, Health health) {
    run.reported(health, new Reason(""));
  }

  /** Has {@code run} end as not to be trusted. */
  public static void distrust(PluginRun run) {
    run.distrusted();
  }
}
