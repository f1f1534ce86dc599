package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.tenon.auth.limit.LimitKey;
import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.auth.limit.RateLimiter;
import dev.tenon.auth.limit.Verdict;
import dev.tenon.core.Refusal;
import dev.tenon.host.HostLimits;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.v1.Health;
import dev.tenon.v1.RenewRequest;
import dev.tenon.v1.RenewalGrpc;
import dev.tenon.v1.UnregisterRequest;
import dev.tenon.v1.WatchRequest;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A plugin that asks far more often than it may, through the host's own ports. */
class FloodAttackTest {
  private static final int MOST_ATTEMPTS = 1_000;
  private static final Rate CALLS = new Rate(1, 60);
  private static final Rate LOOKUPS = new Rate(1, 20);

  @RegisterExtension
  static final Oracles oracles =
      Oracles.over(
          new Plan()
              .enrolled("mallory", InnocentEcho.SERVICE, Scene.OTHER)
              .set(
                  host ->
                      host.limits(
                          HostLimits.DEFAULT
                              .with(Limited.CALL, CALLS)
                              .with(Limited.DISCOVER, LOOKUPS)
                              .with(new InnocentUncounted()))));

  /** Lets the probe of the oracles call as often as it likes, whose rate is not the matter here. */
  private static final class InnocentUncounted implements RateLimiter {
    private final RateLimiter others = RateLimiter.inMemory();

    @Override
    public Verdict allow(LimitKey key, Rate rate) {
      return key.who().startsWith(Scene.INNOCENT + "-") ? Verdict.ALLOWED : others.allow(key, rate);
    }

    @Override
    public void close() {
      others.close();
    }
  }

  /** Every method behind a certificate, with its burst and what the audit log has of one call. */
  private enum Flood {
    RENEW(5, "") {
      @Override
      void call(RawPlugin mallory) {
        var unused =
            RawPlugin.deadline(RenewalGrpc.newBlockingStub(mallory.control()))
                .renew(RenewRequest.getDefaultInstance());
      }
    },
    REGISTER(5, "mallory registration register testservice.v1.Other success -") {
      @Override
      void call(RawPlugin mallory) {
        var unused = mallory.register(Scene.OTHER);
      }
    },
    UNREGISTER(5, "") {
      @Override
      void call(RawPlugin mallory) {
        var unused =
            mallory
                .registry()
                .unregister(UnregisterRequest.newBuilder().setRegistrationId("?").build());
      }
    },
    DISCOVER(20, "mallory discovery discover testservice.v1.Echo success allowed") {
      @Override
      void call(RawPlugin mallory) {
        var unused = mallory.registry().discover(RawPlugin.question(InnocentEcho.SERVICE));
      }
    },
    WATCH(3, "mallory discovery watch testservice.v1.Echo success -") {
      @Override
      void call(RawPlugin mallory) {
        var unused =
            mallory
                .registry()
                .watch(WatchRequest.newBuilder().setService(InnocentEcho.SERVICE).build())
                .next();
      }
    },
    REPORT_HEALTH(20, "") {
      @Override
      void call(RawPlugin mallory) {
        mallory.report(Health.HEALTH_HEALTHY);
      }
    };

    final int burst;
    final String record;

    Flood(int burst, String record) {
      this.burst = burst;
      this.record = record;
    }

    abstract void call(RawPlugin mallory);
  }

  /** Returns how {@code call} was refused as one too many; empty if it was let in. */
  private static Optional<StatusRuntimeException> limited(Runnable call) {
    try {
      call.run();
      return Optional.empty();
    } catch (StatusRuntimeException e) {
      return isLimit(e) ? Optional.of(e) : Optional.empty();
    }
  }

  private static boolean isLimit(StatusRuntimeException e) {
    return e.getStatus().getCode() == Status.Code.RESOURCE_EXHAUSTED
        && Refusal.RATE_LIMITED.text().equals(e.getStatus().getDescription());
  }

  /** What one flood came to. */
  private record Outcome(int letIn, StatusRuntimeException refusal) {}

  private static Outcome flood(Runnable call) {
    for (int letIn = 0; letIn < MOST_ATTEMPTS; letIn++) {
      Optional<StatusRuntimeException> refusal = limited(call);
      if (refusal.isPresent()) {
        return new Outcome(letIn, refusal.get());
      }
    }
    throw new AssertionError("all were let in (expected: a limit)");
  }

  private static Duration waitOf(StatusRuntimeException refusal) throws Exception {
    com.google.rpc.Status status = StatusProto.fromThrowable(refusal);
    assertThat(status.getDetailsCount()).isEqualTo(2);
    assertThat(status.getDetails(0).unpack(ErrorInfo.class).getReason()).isEqualTo("RATE_LIMITED");
    com.google.protobuf.Duration wait =
        status.getDetails(1).unpack(RetryInfo.class).getRetryDelay();
    return Duration.ofSeconds(wait.getSeconds(), wait.getNanos());
  }

  /**
   * One too many is RESOURCE_EXHAUSTED with the time to wait, after which it is let in again; one
   * record tells of it; and the other plugins' calls go on.
   *
   * <p>Row: DS-3, DS-21
   */
  @ParameterizedTest
  @EnumSource(Flood.class)
  void control_floodedMethod_limitedWithTheTimeToWait(Flood flood) throws Exception {
    RawPlugin mallory = oracles.plugin("mallory");
    String label = flood.name().toLowerCase(Locale.ROOT);

    Outcome outcome = flood(() -> flood.call(mallory));
    assertThat(waitOf(outcome.refusal())).isPositive().isLessThanOrEqualTo(Duration.ofSeconds(2));
    assertThat(outcome.letIn()).isGreaterThanOrEqualTo(flood.burst - 1);

    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> limited(() -> flood.call(mallory)).isEmpty());

    if (!flood.record.isEmpty()) {
      oracles.expect(outcome.letIn() + 1, flood.record);
    }
    Rate rate = Limited.valueOf(flood.name()).defaultRate();
    Rate effective = flood == Flood.DISCOVER ? LOOKUPS : rate;
    oracles.expect("mallory limit " + label + " - denied " + label + ": over " + effective);
  }

  /**
   * Calls, over ten connections at once: the run is counted, not its connections, nor its streams.
   *
   * <p>Row: DS-3, DS-5
   *
   * <p>Attack: P11.
   */
  @Test
  void call_floodOverManyConnections_limitedTogether() throws Exception {
    RawPlugin mallory = oracles.plugin("mallory");
    List<Channel> connections = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      connections.add(
          RawPlugin.authorized(
              mallory.connect(mallory.bootstrap.data(), mallory.credentials()), mallory.bearer()));
    }
    int[] next = new int[1];
    Outcome outcome =
        flood(
            () -> {
              Channel connection = connections.get(next[0]++ % connections.size());
              var unused =
                  RawPlugin.deadline(EchoGrpc.newBlockingStub(connection))
                      .unary(EchoRequest.getDefaultInstance());
            });
    assertThat(waitOf(outcome.refusal())).isPositive();
    assertThat(outcome.letIn()).isGreaterThanOrEqualTo(CALLS.burst());
    for (Channel connection : connections) {
      int letIn = 0;
      for (int i = 0; i < 5; i++) {
        letIn +=
            limited(
                        () -> {
                          var unused =
                              RawPlugin.deadline(EchoGrpc.newBlockingStub(connection))
                                  .unary(EchoRequest.getDefaultInstance());
                        })
                    .isEmpty()
                ? 1
                : 0;
      }
      assertThat(letIn).isLessThan(5);
    }
    oracles.expect(
        "mallory call relay /testservice.v1.Echo/Unary success -",
        "mallory limit call - denied call: over " + CALLS);
  }
}
