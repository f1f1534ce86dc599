package dev.tenon.registry;

import dev.tenon.core.RuntimeId;
import java.util.List;

/**
 * What whoever relays calls knows of providers by the calls that they got, and the registry does
 * not. Thread-safe; must not block.
 */
public interface Fitness {
  /** Knows nothing: all are fit, and idle. */
  Fitness UNKNOWN =
      new Fitness() {
        @Override
        public List<Registration> fit(List<Registration> candidates) {
          return candidates;
        }

        @Override
        public int load(RuntimeId provider) {
          return 0;
        }
      };

  /**
   * Returns those of {@code candidates} that are to get calls now, in the same order: the list
   * itself if that is all of them, and never none.
   */
  List<Registration> fit(List<Registration> candidates);

  /** Returns how many calls are open at {@code provider}. */
  int load(RuntimeId provider);
}
