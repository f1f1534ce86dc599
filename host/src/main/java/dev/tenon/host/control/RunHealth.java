package dev.tenon.host.control;

import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.core.Health;
import dev.tenon.core.Reason;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * How well runs can serve: what each reports of itself, unless the host finds that it does not
 * answer. The host's finding hides a report and never makes one up: a run that answers again is as
 * healthy as it last said, and one that never reported stays without. Thread-safe.
 */
public final class RunHealth {
  private static final System.Logger LOG = System.getLogger(RunHealth.class.getName());

  private final PluginRuns runs;

  /** What a run said. */
  private record Report(Health health, Reason reason) {}

  /** What is known of one run: its last report, and why the host does not go by it. */
  record Known(Optional<Report> report, Optional<Reason> silence) {
    static final Known NOTHING = new Known(Optional.empty(), Optional.empty());

    private Optional<Report> effective() {
      return report.map(said -> silence.map(why -> new Report(Health.UNHEALTHY, why)).orElse(said));
    }
  }

  /** Makes the health of {@code runs}. */
  public RunHealth(PluginRuns runs) {
    this.runs = runs;
  }

  /**
   * Takes the report of {@code run} about itself.
   *
   * @throws NotAuthenticatedException if the run has ended
   */
  public void reported(PluginRun run, Health health, Reason reason)
      throws NotAuthenticatedException {
    Optional<Report> report = Optional.of(new Report(health, reason));
    change(run, before -> new Known(report, before.silence()));
  }

  /**
   * Takes that {@code run} answered the host as a server that lives.
   *
   * @throws NotAuthenticatedException if the run has ended
   */
  public void answered(PluginRun run) throws NotAuthenticatedException {
    if (run.known().silence().isPresent()) {
      LOG.log(Level.INFO, "plugin {0} answers again", run.id().runtimeId());
      change(run, before -> new Known(before.report(), Optional.empty()));
    }
  }

  /**
   * Takes that {@code run} did not answer the host, or not that it serves.
   *
   * @throws NotAuthenticatedException if the run has ended
   */
  public void silent(PluginRun run, Reason why) throws NotAuthenticatedException {
    if (run.known().silence().isEmpty()) {
      LOG.log(Level.WARNING, "plugin {0} gets no calls: {1}", run.id().runtimeId(), why);
      change(run, before -> new Known(before.report(), Optional.of(why)));
    }
  }

  /** One change of a run at a time, so that its state and the registry end up alike. */
  private void change(PluginRun run, UnaryOperator<Known> step) throws NotAuthenticatedException {
    boolean isEligible = true;
    synchronized (run.healthLock()) {
      Known after = step.apply(run.known());
      run.known(after);
      if (after.effective().isPresent()) {
        Report report = after.effective().get();
        runs.registry().reportHealth(run.id().runtimeId(), report.health());
        runs.requireLiving(run);
        run.reported(report.health(), report.reason());
        isEligible = report.health().isEligible();
      }
    }
    if (!isEligible) {
      runs.trust().grants().endAll(run.id().runtimeId());
    }
  }
}
