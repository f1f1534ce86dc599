package dev.tenon.host;

import java.util.ArrayList;
import java.util.List;

/** The runs that a host shows and stops. Thread-safe. */
final class Roster {
  /*
   * `runs` and `closed` are guarded by `this`. Once closed nothing is added, so that whoever stops
   * what it has seen has stopped all.
   */
  private final List<Plugins.Started> runs = new ArrayList<>();
  private boolean closed;

  /**
   * Adds a run before it is launched.
   *
   * @throws IllegalStateException if the host is closing
   */
  synchronized void add(Plugins.Started run) {
    if (closed) {
      throw new IllegalStateException("host: closing (expected: running)");
    }
    runs.add(run);
  }

  /** Adds {@code next} in the place of {@code old}, which has ended. */
  synchronized void replace(Plugins.Started old, Plugins.Started next) {
    add(next);
    runs.remove(old);
  }

  /** Forgets a run that has ended. */
  synchronized void remove(Plugins.Started run) {
    runs.remove(run);
  }

  synchronized List<Plugins.Started> all() {
    return List.copyOf(runs);
  }

  /** Lets nothing more in, and returns what is there. */
  synchronized List<Plugins.Started> close() {
    closed = true;
    return List.copyOf(runs);
  }
}
