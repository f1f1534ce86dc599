package dev.tenon.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Token;
import dev.tenon.transport.Dns;
import io.grpc.Status;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** When an identity is renewed, with which key, and what happens when it cannot be. Row: TK-14 */
final class RenewerTest {
  private static final RandomGenerator LOWEST = () -> 0L;
  private static final RandomGenerator MIDDLE = () -> Long.MIN_VALUE;
  private static final RandomGenerator HIGHEST = () -> -1L;

  private final TestTrust trust = TestTrust.create();
  private final List<Duration> pauses = new ArrayList<>();
  private final List<Runnable> tasks = new ArrayList<>();
  private final List<KeyPair> offered = new ArrayList<>();
  private Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
  private final CurrentIdentity identity = new CurrentIdentity(identity(Duration.ofHours(1)));
  private boolean hostAnswers = true;

  @Test
  void plan_freshIdentity_halfLifeGiveOrTakeATenth() {
    renewer(LOWEST).plan();
    renewer(MIDDLE).plan();
    renewer(HIGHEST).plan();

    assertThat(pauses.get(0)).isEqualTo(Duration.ofMinutes(27));
    assertThat(pauses.get(1)).isEqualTo(Duration.ofMinutes(30));
    assertThat(pauses.get(2))
        .isBetween(Duration.ofMinutes(33).minusSeconds(1), Duration.ofMinutes(33));
  }

  /** The certificate counts when it ends before the token. */
  @Test
  void plan_certificateEndsFirst_halfOfItsLife() {
    identity.replace(identity(Duration.ofHours(20)));

    renewer(MIDDLE).plan();

    assertThat(pauses).containsExactly(Duration.ofHours(2));
  }

  @Test
  void renew_hostAnswers_replacesIdentityAndPlansNext() {
    LiveIdentity first = identity.now();
    renewer(MIDDLE).plan();

    runNext();
    assertThat(identity.now()).isNotSameAs(first);
    runNext();

    assertThat(offered).hasSize(2).doesNotHaveDuplicates();
    assertThat(pauses).containsExactly(minutes(30), minutes(30), minutes(30));
  }

  /** A lost answer must not look like a second holder of the key: the successor stays the same. */
  @Test
  void renew_hostDoesNotAnswer_sameKeyAgainAfterGrowingPauses() {
    LiveIdentity first = identity.now();
    hostAnswers = false;
    renewer(MIDDLE).plan();

    for (int attempt = 0; attempt < 7; attempt++) {
      runNext();
    }

    assertThat(identity.now()).isSameAs(first);
    assertThat(offered).hasSize(7).containsOnly(offered.get(0));
    assertThat(pauses.subList(1, 8).stream().map(Duration::toSeconds))
        .containsExactly(1L, 2L, 4L, 8L, 16L, 30L, 30L);

    hostAnswers = true;
    runNext();
    assertThat(identity.now()).isNotSameAs(first);
    assertThat(offered).containsOnly(offered.get(0));
    assertThat(pauses.get(8)).isEqualTo(minutes(30));
  }

  @Test
  void renew_certificateExpired_givesUp() {
    hostAnswers = false;
    renewer(MIDDLE).plan();
    now = identity.now().certificateExpires();

    runNext();

    assertThat(offered).isEmpty();
    assertThat(tasks).isEmpty();
  }

  @Test
  void identity_toString_hidesSecrets() {
    assertThat(identity.now().toString())
        .contains("redacted")
        .doesNotContain(identity.token().exposeForWire());
  }

  private Renewer renewer(RandomGenerator random) {
    InstantSource clock = () -> now;
    return new Renewer(identity, this::renew, this::later, clock, random);
  }

  private LiveIdentity renew(LiveIdentity current, KeyPair next) {
    offered.add(next);
    if (!hostAnswers) {
      throw Status.UNAVAILABLE.asRuntimeException();
    }
    return identity(Duration.ofHours(1));
  }

  private Timer.Planned later(Duration pause, Runnable task) {
    pauses.add(pause);
    tasks.add(task);
    return () -> tasks.remove(task);
  }

  private void runNext() {
    tasks.remove(0).run();
  }

  private LiveIdentity identity(Duration tokenLife) {
    Token token =
        Token.parse(Token.Kind.RUNTIME, HostAnswers.newToken(Token.Kind.RUNTIME)).orElseThrow();
    return new LiveIdentity(
        trust.plugin("echo"),
        new TestAuthority("plugins", Dns.PLUGIN)
            .credentials(
                trust.plugin("echo"), trust.hosts().bundle(), now.plus(Duration.ofHours(4))),
        token,
        now,
        now.plus(tokenLife));
  }

  private static Duration minutes(long minutes) {
    return Duration.ofMinutes(minutes);
  }
}
