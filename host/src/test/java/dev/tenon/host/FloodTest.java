package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.limit.LimitKey;
import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.auth.limit.RateLimiter;
import dev.tenon.auth.limit.Verdict;
import dev.tenon.core.Refusal;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.v1.EnrolRequest;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Whoever asks more often than it may, and what counts. */
class FloodTest {
  private static final int ATTEMPTS = 60;

  /** Slow enough that nothing comes back while a test runs, however long it takes. */
  private static final HostLimits SLOW =
      HostLimits.DEFAULT
          .with(Limited.ENROL, new Rate(0.001, 20))
          .with(Limited.CALL, new Rate(0.001, 20));

  private static List<Refused> guesses(RawPlugin plugin, EnrolRequest wrong) {
    List<Refused> refusals = new ArrayList<>();
    for (int i = 0; i < ATTEMPTS; i++) {
      refusals.add(Refused.by(() -> plugin.enrolment().enrol(wrong)));
    }
    return refusals;
  }

  private static void assertLimitedAfter(int burst, List<Refused> refusals) {
    for (int i = 0; i < refusals.size(); i++) {
      assertThat(refusals.get(i).is(i < burst ? Refusal.NOT_AUTHENTICATED : Refusal.RATE_LIMITED))
          .as("attempt %d: %s", i, refusals.get(i))
          .isTrue();
    }
  }

  /**
   * Guesses of enrolment tokens are limited; the plugin that was launched enrols nonetheless.
   *
   * <p>Row: DS-18.
   *
   * <p>Denies: Enrolment/Enrol RATE_LIMITED.
   */
  @Test
  void enrol_bruteForce_limitedAndThePluginStillEnrols() throws Exception {
    try (TestHost host =
        TestHost.with("")
            .silent("first") // the start waits for it, and so outlives alpha
            .silent("alpha")
            .set(builder -> builder.limits(SLOW))
            .begin()) {
      RawPlugin alpha = host.plugin("alpha");
      EnrolRequest wrong = alpha.enrolRequest().setEnrolmentToken("tne_" + "A".repeat(43)).build();

      assertLimitedAfter(20, guesses(alpha, wrong));

      assertThat(alpha.enrol().getRuntimeToken()).startsWith("tnr_");
      // A second redemption is told apart from a flood, and costs the run its life.
      assertThat(Refused.by(() -> alpha.enrolment().enrol(alpha.enrolRequest().build())))
          .matches(spent -> spent.is(Refusal.TOKEN_SPENT));
    }
  }

  /**
   * On TCP the address counts, before anything is read: whoever shares one with an attacker waits.
   *
   * <p>Row: DS-5, DS-18
   */
  @Test
  void enrol_bruteForceOverTcp_limitedByAddressWhateverThePort() throws Exception {
    try (TestHost host =
        TestHost.with("")
            .silent("alpha")
            .set(builder -> builder.limits(SLOW).enrolListen("tcp:127.0.0.1:0"))
            .begin()) {
      RawPlugin alpha = host.plugin("alpha");
      EnrolRequest wrong = alpha.enrolRequest().setEnrolmentToken("tne_" + "A".repeat(43)).build();

      // Each attempt has a connection, and so a port, of its own.
      assertLimitedAfter(20, guesses(alpha, wrong));

      assertThat(Refused.by(() -> alpha.enrolment().enrol(alpha.enrolRequest().build())))
          .matches(good -> good.is(Refusal.RATE_LIMITED));
    }
  }

  /**
   * Guesses of runtime tokens use up the allowance of the run that guesses, whatever it says of
   * itself.
   *
   * <p>Row: DS-5, DS-22
   *
   * <p>Attack: T19.
   *
   * <p>Denies: data RATE_LIMITED.
   */
  @Test
  void call_guessedTokens_limitedByTheCertificate() throws Exception {
    try (TestHost host =
        TestHost.with("").enrolled("alpha").set(builder -> builder.limits(SLOW)).start()) {
      RawPlugin alpha = host.plugin("alpha");
      List<Refused> refusals = new ArrayList<>();
      for (int i = 0; i < ATTEMPTS; i++) {
        Metadata headers = new Metadata();
        headers.put(
            Metadata.Key.of("x-forwarded-for", Metadata.ASCII_STRING_MARSHALLER), "192.0.2." + i);
        headers.put(
            Metadata.Key.of("tenon-caller", Metadata.ASCII_STRING_MARSHALLER), "nobody-" + i);
        Channel channel =
            ClientInterceptors.intercept(
                alpha.data("Bearer tnr_" + "A".repeat(43)),
                MetadataUtils.newAttachHeadersInterceptor(headers));
        refusals.add(
            Refused.by(
                () ->
                    RawPlugin.deadline(EchoGrpc.newBlockingStub(channel))
                        .unary(EchoRequest.getDefaultInstance())));
      }
      assertLimitedAfter(20, refusals);
    }
  }

  /**
   * A limiter of the user's that denies everything denies everything, and is closed with the host.
   *
   * <p>Row: DS-1
   */
  @Test
  void start_limiterDeniesAll_nothingPasses() throws Exception {
    Set<LimitKey> asked = ConcurrentHashMap.newKeySet();
    AtomicBoolean closed = new AtomicBoolean();
    RateLimiter none =
        new RateLimiter() {
          @Override
          public Verdict allow(LimitKey key, Rate rate) {
            asked.add(key);
            return key.what() == Limited.ENROL ? Verdict.ALLOWED : refused();
          }

          private Verdict refused() {
            return new Verdict.Refused(Optional.empty());
          }

          @Override
          public void close() {
            closed.set(true);
          }
        };
    try (TestHost host =
        TestHost.with("")
            .silent("alpha")
            .set(builder -> builder.limits(HostLimits.DEFAULT.with(none)))
            .begin()) {
      RawPlugin alpha = host.plugin("alpha");
      var unused = alpha.enrol();

      assertThat(Refused.by(alpha::healthy)).matches(all -> all.is(Refusal.RATE_LIMITED));

      assertThat(asked).contains(new LimitKey(Limited.REPORT_HEALTH, alpha.runtimeId()));
      assertThat(asked).anyMatch(key -> key.who().startsWith("uid:"));
    }
    assertThat(closed).isTrue();
  }

  /**
   * A limiter that throws keeps out who is unknown, and nobody else.
   *
   * <p>Row: DS-20
   */
  @Test
  void start_limiterThrows_noEnrolmentAndCallsGoOn() throws Exception {
    AtomicBoolean broken = new AtomicBoolean();
    RateLimiter limiter =
        new RateLimiter() {
          @Override
          public Verdict allow(LimitKey key, Rate rate) {
            if (broken.get()) {
              throw new IllegalStateException("no connection to the counters");
            }
            return Verdict.ALLOWED;
          }

          @Override
          public void close() {}
        };
    try (TestHost host =
        TestHost.with("")
            .silent("alpha")
            .silent("beta")
            .set(builder -> builder.limits(HostLimits.DEFAULT.with(limiter)))
            .begin()) {
      RawPlugin alpha = host.plugin("alpha");
      RawPlugin beta = host.plugin("beta");
      var unused = alpha.enrol();
      broken.set(true);

      assertThat(Refused.by(beta::enrol)).matches(all -> all.is(Refusal.INTERNAL));
      alpha.healthy();

      broken.set(false);
      var unusedToo = beta.enrol();
    }
  }
}
