package dev.tenon.auth.limit;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * The rates of a host. Immutable.
 *
 * @param all how often what may be asked for
 */
public record Rates(Map<Limited, Rate> all) {
  /** Highest rate and greatest burst that can be set: more is as good as none. */
  public static final int MOST = 1_000_000;

  /** The rates of a host that is not told others. */
  public static final Rates DEFAULT = new Rates(Map.of());

  /**
   * Checks the rates; what is not among them has its default.
   *
   * @throws IllegalArgumentException if a rate or burst is 0 or less, or above {@link #MOST}
   */
  public Rates {
    EnumMap<Limited, Rate> filled = new EnumMap<>(Limited.class);
    for (Limited what : Limited.values()) {
      Rate rate = all.getOrDefault(what, what.defaultRate());
      check(what, "rate", rate.perSecond());
      check(what, "burst", rate.burst());
      filled.put(what, rate);
    }
    all = Collections.unmodifiableMap(filled);
  }

  /**
   * Returns the same rates but for {@code what}.
   *
   * @throws IllegalArgumentException if rate or burst is 0 or less, or above {@link #MOST}
   */
  public Rates with(Limited what, Rate rate) {
    EnumMap<Limited, Rate> changed = new EnumMap<>(all);
    changed.put(requireNonNull(what, "what"), requireNonNull(rate, "rate"));
    return new Rates(changed);
  }

  private static void check(Limited what, String part, double value) {
    if (!(value > 0 && value <= MOST)) {
      String shown = value == Math.rint(value) ? String.valueOf((long) value) : value + "";
      throw new IllegalArgumentException(
          part + " of " + what.label() + ": " + shown + " (expected: > 0, at most " + MOST + ")");
    }
  }

  /** Returns the rate of {@code what}. */
  public Rate of(Limited what) {
    return requireNonNull(all.get(what), "rate");
  }
}
