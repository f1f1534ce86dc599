package dev.tenon.router.choose;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.RetryInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.Optional;

/**
 * How long to stay away, as a provider says it: {@code grpc-retry-pushback-ms} (gRFC A6, where
 * anything but a number of milliseconds means not to come again), or {@code google.rpc.RetryInfo}
 * in the details of its status.
 *
 * @param pause negative: for good
 */
record Pushback(Duration pause) {
  private static final Metadata.Key<String> MILLIS =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);
  private static final Duration FOR_GOOD = Duration.ofNanos(-1);

  static Optional<Pushback> of(Status status, Metadata trailers) {
    String millis = trailers.get(MILLIS);
    if (millis != null) {
      return Optional.of(new Pushback(parsed(millis)));
    }
    com.google.rpc.Status details = StatusProto.fromStatusAndTrailers(status, trailers);
    if (details == null) {
      return Optional.empty();
    }
    return details.getDetailsList().stream()
        .filter(any -> any.is(RetryInfo.class))
        .findFirst()
        .map(any -> new Pushback(parsed(any)));
  }

  private static Duration parsed(String millis) {
    return millis.matches("[0-9]{1,9}") ? Duration.ofMillis(Integer.parseInt(millis)) : FOR_GOOD;
  }

  private static Duration parsed(Any info) {
    try {
      com.google.protobuf.Duration delay = info.unpack(RetryInfo.class).getRetryDelay();
      return Duration.ofSeconds(delay.getSeconds(), delay.getNanos());
    } catch (InvalidProtocolBufferException | ArithmeticException e) {
      return FOR_GOOD;
    }
  }

  /** Returns the pause, or empty if it is for good or nothing would be left of {@code left}. */
  Optional<Duration> wait(Duration left) {
    return pause.isNegative() || pause.compareTo(left) >= 0 ? Optional.empty() : Optional.of(pause);
  }
}
