package dev.tenon.host.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.auth.limit.LimitKey;
import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.auth.limit.RateLimiter;
import dev.tenon.auth.limit.RateLimits;
import dev.tenon.auth.limit.Rates;
import dev.tenon.auth.limit.Verdict;
import dev.tenon.transport.Peer;
import dev.tenon.transport.PeerProcess;
import dev.tenon.transport.Source;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What becomes of an enrolment that comes too often, or that nobody can count. */
class EnrolmentRateTest {
  private static final Optional<PeerProcess> ON_UNIX = Optional.of(new PeerProcess(4711, 1000));

  private final List<LimitKey> asked = new ArrayList<>();
  private final List<String> handled = new ArrayList<>();

  /** A limiter that says what a test wants. */
  private abstract static class Limiter implements RateLimiter {
    @Override
    public void close() {}
  }

  private final class Says extends Limiter {
    private final Verdict verdict;

    Says(Verdict verdict) {
      this.verdict = verdict;
    }

    @Override
    public Verdict allow(LimitKey key, Rate rate) {
      asked.add(key);
      return verdict;
    }
  }

  private static final class Fails extends Limiter {
    @Override
    public Verdict allow(LimitKey key, Rate rate) {
      throw new IllegalStateException("no connection to the counters");
    }
  }

  private static final class NoLog implements AuditLog {
    @Override
    public void record(AuditEvent event) {}

    @Override
    public void close() {}
  }

  private FakeCall enrol(Limiter limiter, Optional<PeerProcess> process) {
    FakeCall call =
        new FakeCall(
            Attributes.newBuilder()
                .set(Peer.KEY, new Peer(Optional.empty(), Optional.empty(), process, 1))
                .set(Source.KEY, new Source("somewhere"))
                .build());
    RateLimits limits =
        new RateLimits(() -> Rates.DEFAULT, limiter, new NoLog(), InstantSource.system());
    ServerCall.Listener<?> listener =
        new EnrolmentRate(limits)
            .interceptCall(
                call,
                new Metadata(),
                (admitted, headers) -> {
                  handled.add(EnrolmentRate.over() == null ? "in order" : "over");
                  return new ServerCall.Listener<>() {};
                });
    assertThat(listener).isNotNull();
    return call;
  }

  @Test
  void enrol_withinTheRate_handledUnmarked() {
    FakeCall call = enrol(new Says(Verdict.ALLOWED), Optional.empty());

    assertThat(handled).containsExactly("in order");
    assertThat(call.told).isEmpty();
    assertThat(asked).containsExactly(new LimitKey(Limited.ENROL, "somewhere"));
  }

  /** Who comes from an address is refused before anything of it is read. Row: DS-18 */
  @Test
  void enrol_overTheRateByAddress_refusedUnread() {
    FakeCall call = enrol(new Says(Verdict.retryAfter(Duration.ofSeconds(1))), Optional.empty());

    assertThat(handled).isEmpty();
    assertThat(call.told).containsExactly("RESOURCE_EXHAUSTED");
  }

  /** Who comes from a user whom others share is looked at, with a mark. */
  @Test
  void enrol_overTheRateByUser_handledMarked() {
    FakeCall call = enrol(new Says(Verdict.retryAfter(Duration.ofSeconds(1))), ON_UNIX);

    assertThat(handled).containsExactly("over");
    assertThat(call.told).isEmpty();
  }

  /**
   * Without a limiter nobody enrols, from wherever. Row: DS-20. Denies: Enrolment/Describe
   * INTERNAL.
   */
  @Test
  void enrol_limiterFails_refusedUnread() {
    FakeCall byAddress = enrol(new Fails(), Optional.empty());
    FakeCall byUser = enrol(new Fails(), ON_UNIX);

    assertThat(handled).isEmpty();
    assertThat(byAddress.told).containsExactly("INTERNAL");
    assertThat(byUser.told).containsExactly("INTERNAL");
  }
}
