package dev.tenon.router.choose;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.rpc.RetryInfo;
import dev.tenon.core.CallPath;
import dev.tenon.core.RetryPolicy;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetriesTest {
  private static final CallPath GET = CallPath.parse("/acme.v1.Store/Get");
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Metadata.Key<String> MILLIS =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  private double draw = 1;
  private final RandomGenerator random =
      new RandomGenerator() {
        @Override
        public long nextLong() {
          return 0;
        }

        @Override
        public double nextDouble() {
          return draw;
        }
      };
  private final Retries retries = new Retries(RetryPolicy.of(Set.of("acme.v1.Store/Get")), random);

  /** Returns how often a call may be made again until none may, or a hundred times. */
  private int usedUp() {
    int again = 0;
    while (again < 100 && next(1).isPresent()) {
      again++;
    }
    return again;
  }

  private Optional<Duration> next(int attempts) {
    return retries.next(GET, attempts, Status.UNAVAILABLE, new Metadata(), LONG);
  }

  /** Three attempts, 100 ms and 200 ms apart, less up to a half by chance. Row: CI-1. */
  @Test
  void next_unavailable_twiceAgainWithGrowingPauses() {
    assertThat(next(1)).contains(Duration.ofMillis(100));
    assertThat(next(2)).contains(Duration.ofMillis(200));
    assertThat(next(3)).isEmpty();

    draw = 0;

    assertThat(next(1)).contains(Duration.ofMillis(50));
    assertThat(next(2)).contains(Duration.ofMillis(100));
  }

  /** No pause is longer than the longest. Row: CI-1. */
  @Test
  void next_pauseOverTheMost_theMost() {
    Retries slow =
        new Retries(
            new RetryPolicy(
                Set.of("acme.v1.Store/*"),
                3,
                Duration.ofSeconds(9),
                Duration.ofSeconds(10),
                Duration.ofMinutes(1)),
            random);

    assertThat(slow.next(GET, 2, Status.UNAVAILABLE, new Metadata(), LONG))
        .contains(Duration.ofSeconds(10));
  }

  /** Whatever else a provider answers is its answer. Row: CI-1. */
  @ParameterizedTest
  @EnumSource(names = "UNAVAILABLE", mode = EnumSource.Mode.EXCLUDE)
  void next_otherStatus_notAgain(Status.Code code) {
    assertThat(retries.next(GET, 1, Status.fromCode(code), new Metadata(), LONG)).isEmpty();
  }

  /** No attempt begins that could not end in time. Row: CI-1. */
  @Test
  void next_pauseLongerThanWhatIsLeft_notAgain() {
    Duration pause = Duration.ofMillis(100);

    assertThat(retries.next(GET, 1, Status.UNAVAILABLE, new Metadata(), pause)).isEmpty();
    assertThat(retries.next(GET, 1, Status.UNAVAILABLE, new Metadata(), pause.plusNanos(1)))
        .contains(pause);
  }

  /** The provider says when to come again. Row: CI-1. */
  @Test
  void next_providerSaysWhen_then() {
    Metadata trailers = new Metadata();
    trailers.put(MILLIS, "1700");
    assertThat(retries.next(GET, 1, Status.UNAVAILABLE, trailers, LONG))
        .contains(Duration.ofMillis(1700));

    StatusRuntimeException detailed =
        StatusProto.toStatusRuntimeException(
            com.google.rpc.Status.newBuilder()
                .setCode(Status.Code.UNAVAILABLE.value())
                .addDetails(
                    Any.pack(
                        RetryInfo.newBuilder()
                            .setRetryDelay(com.google.protobuf.Duration.newBuilder().setSeconds(3))
                            .build()))
                .build());
    Metadata details = detailed.getTrailers();
    assertThat(details).isNotNull();
    assertThat(retries.next(GET, 1, detailed.getStatus(), details, LONG))
        .contains(Duration.ofSeconds(3));
    assertThat(retries.next(GET, 1, detailed.getStatus(), details, Duration.ofSeconds(3)))
        .isEmpty();
  }

  /** Or that it is of no use. Row: CI-1. */
  @ParameterizedTest
  @ValueSource(strings = {"-1", "", "soon", "99999999999999999999", "1.5"})
  void next_providerSaysNotAgain_notAgain(String pushback) {
    Metadata trailers = new Metadata();
    trailers.put(MILLIS, pushback);

    assertThat(retries.next(GET, 1, Status.UNAVAILABLE, trailers, LONG)).isEmpty();
  }

  /** A tenth more calls at most, when all of them fail. Attack: R33. */
  @Test
  void next_allFail_aTenthOfTheCallsBeyondTheReserve() {
    int again = 0;
    for (int call = 0; call < 1000; call++) {
      retries.called(GET);
      for (int attempt = 1; next(attempt).isPresent(); attempt++) {
        again++;
      }
    }

    assertThat(again).isBetween(100, 100 + RetryPolicy.RESERVE);
  }

  /** A quiet time fills no more than the reserve. Attack: R33. */
  @Test
  void next_afterManyGoodCalls_reserveIsNotMore() {
    for (int call = 0; call < 10_000; call++) {
      retries.called(GET);
    }
    assertThat(usedUp()).isEqualTo(RetryPolicy.RESERVE);
  }

  /** Services do not use up each other's. Attack: R33. */
  @Test
  void next_otherServiceUsedUpItsBudget_stillAgain() {
    assertThat(usedUp()).isEqualTo(RetryPolicy.RESERVE);
    CallPath other = CallPath.parse("/acme.v1.Other/Get");

    assertThat(retries.next(other, 1, Status.UNAVAILABLE, new Metadata(), LONG)).isPresent();
  }
}
