package dev.tenon.host;

import dev.tenon.core.PluginState;
import dev.tenon.core.RuntimeId;
import dev.tenon.host.launch.PluginDefinition;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One instance of a plugin, run after run: where it stands, and what follows when a run ends.
 * Thread-safe.
 */
final class Slot {
  /*
   * All fields but the final ones are written under `this`; `state` and `current` are read without it.
   *
   * A change of the current run is looked at, not handed over: whoever is told of one reads the run's
   * state under the lock, so it does not matter in which order two threads come. `outside` neither
   * blocks nor comes back here on the same thread.
   */
  private final PluginDefinition definition;
  private final RestartPolicy policy;
  private final RandomGenerator random;
  private final Outside outside;
  private volatile PluginState state = new PluginState.Configured();
  private volatile Plugins.@Nullable Started current;
  private boolean isKept;
  private boolean isFollowed;
  private int attempts;
  private @Nullable Long upSinceNanos;

  /** What a slot needs of its host. */
  interface Outside {
    /** Returns a time in nanoseconds that only grows. */
    long nanos();

    /** Takes a change; does not block. */
    void changed(Change change);

    /** Lets {@code slot} have its next run after {@code pause}; does not block. */
    void restart(Slot slot, Duration pause);
  }

  /** A change of a slot, without its time. */
  record Change(
      PluginDefinition definition, Optional<RuntimeId> run, PluginState before, PluginState now) {}

  Slot(PluginDefinition definition, RestartPolicy policy, RandomGenerator random, Outside outside) {
    this.definition = definition;
    this.policy = policy;
    this.random = random;
    this.outside = outside;
  }

  PluginDefinition definition() {
    return definition;
  }

  PluginState state() {
    return state;
  }

  /**
   * Returns where {@code run} stands: as the slot, if it is the slot's own, or was and has ended;
   * whoever looks while another is taken in does not see a failure that there was not.
   */
  PluginState stateOf(Plugins.Started run) {
    PluginState own = run.run().state();
    return run.equals(current) || own.isEnd() ? state : own;
  }

  /** Returns the run that is or was in here last. */
  Optional<Plugins.Started> current() {
    return Optional.ofNullable(current);
  }

  /** Returns whether there is a run, or one is to follow. */
  boolean isTaken() {
    PluginState now = state;
    return !now.isEnd() && !(now instanceof PluginState.Configured);
  }

  /**
   * Takes a run that is about to be launched.
   *
   * @throws IllegalStateException if none is to be launched here any more
   */
  void take(Plugins.Started run) {
    synchronized (this) {
      requireWay(new PluginState.Starting());
      current = run;
      upSinceNanos = null;
      become(new PluginState.Starting());
    }
    run.run().whenChanged(this::look);
    look();
  }

  /**
   * Keeps the slot filled, once a run of it has been up: one that ends by itself is followed by
   * another.
   */
  synchronized void keep() {
    isKept = true;
  }

  /** Lets a run be followed by another even if none has been up yet. */
  synchronized void followFromTheFirst() {
    isFollowed = true;
  }

  /** Lets the run end without another. */
  synchronized void release() {
    isKept = false;
    if (state instanceof PluginState.Restarting || state instanceof PluginState.Configured) {
      become(new PluginState.Stopped());
    }
  }

  /** Returns whether the next run is to be launched now. */
  synchronized boolean isDue() {
    return isKept && state instanceof PluginState.Restarting;
  }

  /** Takes that no run could be launched after {@code last}; counts as a run that ended. */
  synchronized void notLaunched(Optional<Plugins.Started> last, String why) {
    if (isDue() && current().equals(last)) {
      ended(why);
    }
  }

  private synchronized void look() {
    Plugins.Started run = current;
    if (run == null || state.isEnd() || state instanceof PluginState.Restarting) {
      return;
    }
    PluginState seen = run.run().state();
    if (upSinceNanos == null && seen.isUp()) {
      upSinceNanos = outside.nanos();
      isFollowed = true;
    }
    if (seen instanceof PluginState.Failed failed && mayFollow(run)) {
      ended(failed.why());
    } else {
      become(seen);
    }
  }

  /** What was being drained was to end; what is not trusted any more does not come back. */
  private boolean mayFollow(Plugins.Started run) {
    return isKept
        && isFollowed
        && run.run().mayFollow()
        && !(state instanceof PluginState.Draining);
  }

  private void ended(String why) {
    if (upSinceNanos != null && outside.nanos() - upSinceNanos >= policy.stable().toNanos()) {
      attempts = 0;
    }
    upSinceNanos = null;
    if (attempts >= policy.tries()) {
      String after = attempts == 0 ? "" : ", after " + attempts + " restarts";
      attempts = 0;
      isFollowed = false;
      become(new PluginState.Failed(why + after));
    } else {
      attempts++;
      become(new PluginState.Restarting(attempts, why));
      outside.restart(this, policy.pause(attempts, random));
    }
  }

  private void become(PluginState next) {
    PluginState before = state;
    if (next.equals(before)) {
      return;
    }
    requireWay(next);
    state = next;
    Optional<RuntimeId> run = current().map(started -> started.run().id().runtimeId());
    outside.changed(new Change(definition, run, before, next));
  }

  private void requireWay(PluginState next) {
    if (!state.leadsTo(next)) {
      throw new IllegalStateException(
          "plugin "
              + definition.name()
              + ": "
              + state.label()
              + " (expected: a state that leads to "
              + next.label()
              + ")");
    }
  }
}
