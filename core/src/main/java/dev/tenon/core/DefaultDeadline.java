package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Gives unary calls a deadline when the caller set none, so that no client hangs on a silent
 * provider. Calls that stream have no natural length and get none. Thread-safe.
 */
public final class DefaultDeadline implements ClientInterceptor {
  /** What {@code host.client} and {@code ctx.client} use. */
  public static final Duration DEFAULT = Duration.ofSeconds(30);

  private final Duration deadline;

  /**
   * Makes an interceptor that adds {@code deadline}.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public DefaultDeadline(Duration deadline) {
    this.deadline = requirePositive(deadline);
  }

  static Duration requirePositive(Duration deadline) {
    requireNonNull(deadline, "deadline");
    if (deadline.isNegative() || deadline.isZero()) {
      throw new IllegalArgumentException("deadline: " + deadline + " (expected: > 0)");
    }
    return deadline;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    CallOptions bounded =
        method.getType() == MethodDescriptor.MethodType.UNARY && options.getDeadline() == null
            ? options.withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS)
            : options;
    return next.newCall(method, bounded);
  }
}
