package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * Which calls a host makes again that may have reached their provider, and how often. Only unary
 * calls of methods that are declared idempotent here, only when they end UNAVAILABLE, and, of all
 * calls of such a service, one in ten at most beyond the first {@value #RESERVE}. A call that never
 * left the host goes to another provider whatever this says.
 *
 * @param idempotent methods that may be called twice, as {@code package.Service/Method} or, for all
 *     of a service, {@code package.Service/*}
 * @param attempts how often a call is made at most, the first time included
 * @param first pause before the second attempt; it doubles, and chance takes up to half of it off
 * @param most longest pause
 * @param total how long all attempts may take together, unless the caller's deadline is earlier
 */
public record RetryPolicy(
    Set<String> idempotent, int attempts, Duration first, Duration most, Duration total) {
  /** Most attempts: more would be a flood of our own. */
  public static final int MOST_ATTEMPTS = 3;

  /** Most entries of methods. */
  public static final int MOST_METHODS = 1_000;

  /** How many calls of a service may be made again before its share counts. */
  public static final int RESERVE = 10;

  private static final String ALL = "*";
  private static final Duration LONGEST = Duration.ofHours(1);

  /** Nothing is idempotent. */
  public static final RetryPolicy DEFAULT = of(Set.of());

  /**
   * Checks the parts.
   *
   * @throws IllegalArgumentException if a method is malformed or there are more than {@value
   *     #MOST_METHODS}, {@code attempts} is not 1 to {@value #MOST_ATTEMPTS}, a duration is not
   *     positive or longer than an hour, or {@code first} is longer than {@code most}
   */
  public RetryPolicy {
    idempotent = Set.copyOf(idempotent);
    if (idempotent.size() > MOST_METHODS) {
      throw new IllegalArgumentException(
          "idempotent: " + idempotent.size() + " methods (expected: at most " + MOST_METHODS + ")");
    }
    idempotent.forEach(RetryPolicy::check);
    if (attempts < 1 || attempts > MOST_ATTEMPTS) {
      throw new IllegalArgumentException(
          "attempts: " + attempts + " (expected: 1 to " + MOST_ATTEMPTS + ")");
    }
    check("first", first);
    check("most", most);
    check("total", total);
    if (first.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          "first: " + first + " (expected: not longer than most, " + most + ")");
    }
  }

  /** Returns the usual policy for these methods: 3 attempts, 100 ms to 10 s apart, 30 s in all. */
  public static RetryPolicy of(Set<String> idempotent) {
    return new RetryPolicy(
        idempotent, 3, Duration.ofMillis(100), Duration.ofSeconds(10), Duration.ofSeconds(30));
  }

  private static void check(String method) {
    int slash = method.indexOf('/');
    try {
      if (slash > 0 && method.substring(slash + 1).equals(ALL)) {
        var unused = new ServiceName(method.substring(0, slash));
      } else {
        var unused = CallPath.ofFullMethodName(method);
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "idempotent: "
              + Ascii.quote(method)
              + " (expected: package.Service/Method or package.Service/*)",
          e);
    }
  }

  private static void check(String name, Duration duration) {
    if (duration.isNegative() || duration.isZero() || duration.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(name + ": " + duration + " (expected: > 0, at most PT1H)");
    }
  }

  /** Returns whether calls of {@code path} may be made again although they were sent. */
  public boolean isIdempotent(CallPath path) {
    return attempts > 1
        && !idempotent.isEmpty()
        && (idempotent.contains(path.service() + "/" + path.method())
            || idempotent.contains(path.service() + "/" + ALL));
  }

  /** Returns the policy with one more entry; see {@link #idempotent()}. */
  public RetryPolicy with(String method) {
    Set<String> more = new HashSet<>(idempotent);
    more.add(requireNonNull(method, "method"));
    return new RetryPolicy(more, attempts, first, most, total);
  }
}
