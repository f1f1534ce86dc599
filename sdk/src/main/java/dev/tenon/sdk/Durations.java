package dev.tenon.sdk;

import com.google.protobuf.Duration;
import com.google.protobuf.DurationOrBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** Durations on the wire. */
final class Durations {
  /** The longest that a host may ask for. */
  static final java.time.Duration MAX = java.time.Duration.ofMinutes(10);

  private Durations() {}

  /** Returns the message of {@code duration}. */
  static Duration message(java.time.Duration duration) {
    return Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }

  /**
   * Returns the duration in {@code message}.
   *
   * @throws StatusRuntimeException INVALID_ARGUMENT if it is negative, malformed or over {@link
   *     #MAX}
   */
  static java.time.Duration parse(String field, DurationOrBuilder message) {
    if (message.getSeconds() < 0
        || message.getSeconds() > MAX.toSeconds()
        || message.getNanos() < 0
        || message.getNanos() > 999_999_999
        || (message.getSeconds() == MAX.toSeconds() && message.getNanos() > 0)) {
      throw Status.INVALID_ARGUMENT
          .withDescription(field + ": out of range (expected: 0 s to 600 s)")
          .asRuntimeException();
    }
    return java.time.Duration.ofSeconds(message.getSeconds(), message.getNanos());
  }
}
