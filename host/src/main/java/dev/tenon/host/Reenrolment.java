package dev.tenon.host;

import dev.tenon.auth.EnrolmentTokens;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.host.control.PluginRun;
import dev.tenon.host.control.PluginRuns;
import dev.tenon.host.launch.LaunchedPlugin;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The way back for a run that missed its renewal, for one because it was suspended, and for one
 * that enrolled and does not use what it got, for one because the answer was lost: a further
 * bootstrap line with a fresh enrolment token. A run that leaves {@link #MOST_LINES} of them
 * unanswered is ended. Thread-safe.
 */
final class Reenrolment {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());

  /** How long before its certificate's end a run that has not renewed it gets the first line. */
  static final Duration LEAD = Duration.ofMinutes(1);

  /** Time between two lines: the first one's token is over then, so one at most is good. */
  static final Duration PACE = EnrolmentTokens.DEFAULT_LIFE;

  /** Lines without an answer after which a run is ended. */
  static final int MOST_LINES = 10;

  /** How often the runs are looked at. */
  static final Duration CHECK = Duration.ofSeconds(1);

  /** Makes another bootstrap line for one run. */
  @FunctionalInterface
  interface Line {
    String fresh() throws RefusedException;
  }

  /**
   * A run, how its lines are made, and how many it was sent since it was last certified; since when
   * it shows nothing of its enrolment, and whether it ever did of an earlier one.
   */
  private record Watched(
      PluginRun run,
      Line line,
      int sent,
      @Nullable Instant last,
      @Nullable Instant unshown,
      boolean hasShown) {
    Watched(PluginRun run, Line line) {
      this(run, line, 0, null, null, false);
    }

    Watched reset() {
      return new Watched(run, line, 0, null, unshown, hasShown);
    }

    Watched sentAt(Instant now) {
      return new Watched(run, line, sent + 1, now, unshown, hasShown);
    }

    String why() {
      return unshown == null ? "missed its renewal" : "did not use what it enrolled for";
    }

    Watched seen(boolean isUnshown, Instant now) {
      Instant since = isUnshown ? Optional.ofNullable(unshown).orElse(now) : null;
      boolean shows = hasShown || (!isUnshown && run.certifiedUntil().isPresent());
      return new Watched(run, line, sent, last, since, shows);
    }
  }

  /*
   * `watched` is guarded by `this`. Lines are written by `writer`: a plugin that does not read its
   * input must not keep the others from theirs.
   */
  private final Map<RuntimeId, Watched> watched = new LinkedHashMap<>();
  private final PluginRuns runs;
  private final Duration toEnrol;
  private final InstantSource clock;
  private final Executor writer;

  /**
   * Makes what looks at {@code runs}; one that has enrolled may take as long as {@code toEnrol} to
   * use what it got, and half as long when it has done so before.
   */
  Reenrolment(PluginRuns runs, Duration toEnrol, InstantSource clock, Executor writer) {
    this.runs = runs;
    this.toEnrol = toEnrol;
    this.clock = clock;
    this.writer = writer;
  }

  /** Watches {@code run}, whose further bootstrap lines {@code line} makes, until it ends. */
  synchronized void watch(PluginRun run, Line line) {
    watched.put(run.id().runtimeId(), new Watched(run, line));
  }

  /** Looks at every run once. */
  synchronized void check() {
    Instant now = clock.instant();
    Iterator<Map.Entry<RuntimeId, Watched>> entries = watched.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<RuntimeId, Watched> entry = entries.next();
      if (entry.getValue().run().state().isEnd()) {
        entries.remove();
      } else {
        entry.setValue(looked(entry.getValue(), now));
      }
    }
  }

  private Watched looked(Watched before, Instant now) {
    Watched at = before.seen(runs.isUnshown(before.run()), now);
    if (!isLost(at, now) && !hasMissed(at, now)) {
      return at.sent() == 0 ? at : at.reset();
    }
    if (at.last() != null && now.isBefore(at.last().plus(PACE))) {
      return at;
    }
    if (at.sent() == MOST_LINES) {
      writer.execute(() -> runs.giveUp(at.run(), "was ended: it " + at.why()));
      return at.reset();
    }
    writer.execute(() -> send(at));
    return at.sentAt(now);
  }

  /** A run whose answer is on its way shows nothing for a moment; it gets no line for that. */
  private boolean isLost(Watched at, Instant now) {
    Duration most = at.hasShown() ? toEnrol.dividedBy(2) : toEnrol;
    return at.unshown() != null && !now.isBefore(at.unshown().plus(most));
  }

  private static boolean hasMissed(Watched at, Instant now) {
    return at.run().certifiedUntil().filter(until -> !now.isBefore(until.minus(LEAD))).isPresent();
  }

  private static void send(Watched to) {
    RuntimeId runtimeId = to.run().id().runtimeId();
    Optional<LaunchedPlugin> process = to.run().process();
    if (process.isEmpty()) {
      return;
    }
    try {
      process.get().rebootstrap(to.line().fresh());
      LOG.log(Level.WARNING, "plugin {0} {1} and is to enrol again", runtimeId, to.why());
    } catch (IOException | RefusedException e) {
      LOG.log(Level.WARNING, "plugin {0} cannot be told to enrol again: {1}", runtimeId, e);
    }
  }
}
