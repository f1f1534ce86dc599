package dev.tenon.router.choose;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.CallPath;
import dev.tenon.core.RetryPolicy;
import dev.tenon.core.ServiceName;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.random.RandomGenerator;

/**
 * Whether a call that ended is made again, and when. Thread-safe.
 *
 * <p>Budgets are by service, and there is one only for services with an idempotent method: what
 * callers send adds none.
 */
public final class Retries {
  private final RetryPolicy policy;
  private final RandomGenerator random;
  private final ConcurrentMap<ServiceName, RetryBudget> budgets = new ConcurrentHashMap<>();

  /** Makes it; {@code random} is thread-safe. */
  public Retries(RetryPolicy policy, RandomGenerator random) {
    this.policy = requireNonNull(policy, "policy");
    this.random = requireNonNull(random, "random");
  }

  /** Returns how long all attempts of a call may take together. */
  public Duration total() {
    return policy.total();
  }

  /** Returns whether a unary call of {@code path} may be made again although it was sent. */
  public boolean isIdempotent(CallPath path) {
    return policy.isIdempotent(path);
  }

  /** Counts a call of an idempotent method that is made for the first time. */
  public void called(CallPath path) {
    budget(path).called();
  }

  /**
   * Returns how long to wait until a call that was sent is made again, or empty if it is not.
   *
   * @param path an idempotent method
   * @param attempts how often it was made
   * @param status how it ended, with {@code trailers}, in which the provider may say when to come
   *     again, or that it is of no use
   * @param left until the deadline of the call, or the end of what all attempts may take
   */
  public Optional<Duration> next(
      CallPath path, int attempts, Status status, Metadata trailers, Duration left) {
    if (status.getCode() != Status.Code.UNAVAILABLE || attempts >= policy.attempts()) {
      return Optional.empty();
    }
    return Pushback.of(status, trailers)
        .orElseGet(() -> new Pushback(pause(attempts)))
        .wait(left)
        .filter(pause -> budget(path).take());
  }

  private RetryBudget budget(CallPath path) {
    return budgets.computeIfAbsent(path.service(), service -> new RetryBudget());
  }

  private Duration pause(int attempts) {
    double doubled = policy.first().toNanos() * Math.pow(2, attempts - 1.0);
    double longest = Math.min((double) policy.most().toNanos(), doubled);
    return Duration.ofNanos((long) (longest * (0.5 + random.nextDouble() / 2)));
  }
}
