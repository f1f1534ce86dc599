package dev.tenon.auth.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.rpc.RetryInfo;
import dev.tenon.auth.TestClock;
import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RateLimitsTest {
  private final TestClock clock = new TestClock();
  private final List<AuditEvent> events = new ArrayList<>();
  private Rates rates = Rates.DEFAULT.with(Limited.REGISTER, new Rate(1, 2));
  private RateLimits limits = over(new TokenBuckets(clock));

  private RateLimits over(RateLimiter limiter) {
    return new RateLimits(() -> rates, limiter, new Recorded(), clock, clock);
  }

  private final class Recorded implements AuditLog {
    @Override
    public void record(AuditEvent event) {
      events.add(event);
    }

    @Override
    public void close() {}
  }

  /** A limiter of somebody else's. */
  private interface Custom extends RateLimiter {
    @Override
    default void close() {}
  }

  private void exhaust(String who) throws RefusedException {
    limits.require(Limited.REGISTER, who);
    limits.require(Limited.REGISTER, who);
  }

  /**
   * Over the limit is RESOURCE_EXHAUSTED, with the time to wait in details that any language reads.
   *
   * <p>Row: DS-3
   */
  @Test
  void require_overTheLimit_resourceExhaustedWithRetryInfo() throws Exception {
    exhaust("words-1");
    assertThatExceptionOfType(RateLimitedException.class)
        .isThrownBy(() -> limits.require(Limited.REGISTER, "words-1"))
        .satisfies(
            refused -> {
              assertThat(refused.refusal()).isEqualTo(Refusal.RATE_LIMITED);
              com.google.rpc.Status status = StatusProto.fromThrowable(RefusalStatus.of(refused));
              assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED.value());
              RetryInfo retry = status.getDetails(1).unpack(RetryInfo.class);
              assertThat(retry.getRetryDelay().getSeconds()).isEqualTo(1);
              assertThat(status.getMessage()).isEqualTo("too many requests");
            });
    limits.require(Limited.REGISTER, "words-2");
    limits.require(Limited.UNREGISTER, "words-1");
  }

  /** Of a storm, the audit log has one record for each key and minute. */
  @Test
  void require_stormOfRefusals_oneRecordForEachKeyAndMinute() throws Exception {
    for (String who : List.of("words-1", "words-2")) {
      exhaust(who);
      for (int i = 0; i < 1_000; i++) {
        assertThatExceptionOfType(RateLimitedException.class)
            .isThrownBy(() -> limits.require(Limited.REGISTER, who));
      }
    }
    assertThat(events).hasSize(2);
    assertThat(events.get(0))
        .isEqualTo(
            new AuditEvent(
                clock.instant(),
                "limit",
                "words-1",
                "register",
                null,
                AuditEvent.Outcome.DENIED,
                java.util.Map.of("reason", "register: over 1/s, burst 2")));

    clock.advance(Duration.ofMinutes(1));
    exhaust("words-1");
    assertThatExceptionOfType(RateLimitedException.class)
        .isThrownBy(() -> limits.require(Limited.REGISTER, "words-1"));
    assertThat(events).hasSize(3);
  }

  /** Rates can change while the host runs. */
  @Test
  void require_afterTheRatesChanged_byTheNewOnes() throws Exception {
    exhaust("words-1");
    rates = rates.with(Limited.REGISTER, new Rate(100, 100));
    clock.advance(Duration.ofMillis(500));
    for (int i = 0; i < 50; i++) {
      limits.require(Limited.REGISTER, "words-1");
    }
  }

  /**
   * A limiter of the user's decides; what it counts by is not the peer's to choose.
   *
   * <p>Row: DS-1
   */
  @ParameterizedTest
  @EnumSource(Limited.class)
  void require_customLimiterDeniesAll_everythingRefused(Limited what) {
    List<LimitKey> asked = new ArrayList<>();
    Custom none =
        (key, rate) -> {
          asked.add(key);
          return Verdict.retryAfter(Duration.ofSeconds(7));
        };
    limits = over(none);
    assertThatExceptionOfType(RateLimitedException.class)
        .isThrownBy(() -> limits.require(what, "words-1"))
        .satisfies(refused -> assertThat(refused.retryAfter()).contains(Duration.ofSeconds(7)));
    assertThat(asked).containsExactly(new LimitKey(what, "words-1"));
  }

  /**
   * A limiter that throws: who is unknown is refused, and who has a certificate goes on.
   *
   * <p>Row: DS-20
   */
  @ParameterizedTest
  @EnumSource(Limited.class)
  void require_limiterThrows_unknownPeersAreRefused(Limited what) {
    Custom broken =
        (key, rate) -> {
          throw new IllegalStateException("no connection to the counters");
        };
    limits = over(broken);
    if (what == Limited.ENROL || what == Limited.CONNECT) {
      assertThatExceptionOfType(LimiterFailedException.class)
          .isThrownBy(() -> limits.require(what, "uid:1000"))
          .satisfies(refused -> assertThat(refused.refusal()).isEqualTo(Refusal.INTERNAL));
    } else {
      assertThatCode(() -> limits.require(what, "words-1")).doesNotThrowAnyException();
    }
  }

  /** A limiter that answers nothing has failed; nothing is no leave. Row: DS-20 */
  @Test
  @SuppressWarnings("NullAway") // a limiter of the user's may be wrong
  void require_limiterAnswersNull_asIfItHadThrown() {
    limits = over((Custom) (key, rate) -> null);

    assertThatExceptionOfType(LimiterFailedException.class)
        .isThrownBy(() -> limits.require(Limited.ENROL, "uid:1000"));
    assertThatCode(() -> limits.require(Limited.CALL, "words-1")).doesNotThrowAnyException();
  }

  /** Of a limiter that fails all the time, the log has a line a second for each thing. */
  @Test
  void require_limiterThrowsAllTheTime_oneLogLineASecond() throws Exception {
    Custom broken =
        (key, rate) -> {
          throw new IllegalStateException("no connection to the counters");
        };
    limits = over(broken);
    List<LogRecord> logged = new ArrayList<>();
    Handler capture = capture(logged);
    Logger logger = Logger.getLogger(RateLimits.class.getName());
    logger.addHandler(capture);
    try {
      for (int i = 0; i < 100; i++) {
        limits.require(Limited.CALL, "words-" + i);
      }
      limits.require(Limited.RENEW, "words-1");
      clock.advance(Duration.ofSeconds(1));
      limits.require(Limited.CALL, "words-1");
    } finally {
      logger.removeHandler(capture);
    }

    assertThat(logged)
        .extracting(LogRecord::getMessage)
        .containsExactly(
            "the limiter failed over call",
            "the limiter failed over renew",
            "the limiter failed over call");
  }

  private static Handler capture(List<LogRecord> logged) {
    return new Handler() {
      @Override
      public void publish(LogRecord record) {
        logged.add(record);
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }

  @Test
  void require_refusalCannotBeRecorded_refusedAsInternal() throws Exception {
    AuditLog full =
        new AuditLog() {
          @Override
          public void record(AuditEvent event) throws AuditFailedException {
            throw new AuditFailedException("disk", new IOException("full"));
          }

          @Override
          public void close() {}
        };
    limits = new RateLimits(() -> rates, new TokenBuckets(clock), full, clock, clock);
    exhaust("words-1");
    assertThatExceptionOfType(AuditFailedException.class)
        .isThrownBy(() -> limits.require(Limited.REGISTER, "words-1"));
  }
}
