package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.Leakage;
import dev.tenon.auth.Leakage.Finding;
import dev.tenon.auth.Leakage.Verdict;
import dev.tenon.auth.grant.GrantStore;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Token;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Whether a plugin that shows grants of others learns, over its mTLS connection, which of them
 * there are: from the refusal, or from how long it takes. Every build compares the refusals; {@code
 * -Dtenon.leakage.loopback=100000} makes that many calls for each comparison
 * (docs/evidence/leakage.md).
 */
final class RefusalTimeTest {
  /** Zero for the short form, which does not look at a clock. */
  private static final long CALLS = Long.getLong("tenon.leakage.loopback", 0);

  private static final int ROUND = 1_000;
  private static final double BOUND_NANOS = 10_000;

  /** What a check that leaks takes longer for a grant that there is. */
  private static final long LEAK_NANOS = 30_000;

  private static final int GRANTS = 16;
  private static final String UNARY = "testservice.v1.Echo/Unary";

  private final Random random = new Random();
  private final List<String> known = new ArrayList<>();
  private final List<String> unknown = new ArrayList<>();
  private Wire wire;
  private Wire.Caller caller;

  @BeforeEach
  void open() throws Exception {
    wire = new Wire(HostServices.builder().offerByGrant(new EchoProvider(), Names.VERSION).start());
    caller = wire.enrol(Names.CALLER);
    for (int i = 0; i < GRANTS; i++) {
      GrantStore.Draft draft = wire.grants.draft(anotherRun(i), Names.ECHO, Set.of());
      wire.grants.activate(draft);
      known.add(draft.grant().id());
      unknown.add(String.format(Locale.ROOT, "%016x%016x", random.nextLong(), random.nextLong()));
    }
  }

  private static RuntimeId anotherRun(int i) {
    return new RuntimeId("words-00000000000000f" + Integer.toHexString(i));
  }

  @AfterEach
  void close() {
    wire.close();
  }

  /** Returns a grant of one of {@code ids} with a token that nobody was given. */
  private String guessed(List<String> ids) {
    byte[] secret = new byte[Token.SIZE_BYTES];
    random.nextBytes(secret);
    return ids.get(random.nextInt(ids.size()))
        + " "
        + Token.of(Token.Kind.GRANT, secret).exposeForWire();
  }

  private StatusRuntimeException refusal(String grant) {
    Channel shown = Plane.with(caller.channel(), "tenon-grant", grant);
    return Plane.refusal(shown, UNARY);
  }

  /** Row: CG-5, TE-5 */
  @Test
  void call_guessedGrantKnownOrUnknown_sameAnswer() throws Exception {
    StatusRuntimeException ofKnown = refusal(guessed(known));
    StatusRuntimeException ofUnknown = refusal(guessed(unknown));

    assertThat(StatusProto.fromThrowable(ofKnown)).isEqualTo(StatusProto.fromThrowable(ofUnknown));
    assertThat(ofKnown.getTrailers()).hasToString(String.valueOf(ofUnknown.getTrailers()));
    assertThat(wire.audit.reasons()).containsExactly("grant wrong token", "grant unknown");
    if (CALLS > 0) {
      assertSameTime();
    }
  }

  /** By the clock too; and the same means find a check that leaks. */
  private void assertSameTime() throws InterruptedException {
    Finding same = compare("A/A, unknown", this::refuse, unknown, unknown);
    Finding found = compare("known, unknown", this::refuse, known, unknown);
    Finding leak = compare("leaky: known, unknown", this::refuseLeaking, known, unknown);

    assertThat(same.verdict()).as(same.toString()).isEqualTo(Verdict.CLEAN);
    assertThat(found.verdict()).as(found.toString()).isEqualTo(Verdict.CLEAN);
    assertThat(leak.verdict()).as(leak.toString()).isEqualTo(Verdict.LEAK);
  }

  private void refuse(String grant) {
    assertThat(refusal(grant)).isNotNull();
  }

  private void refuseLeaking(String grant) {
    if (known.contains(grant.substring(0, 32))) {
      long end = System.nanoTime() + LEAK_NANOS;
      while (System.nanoTime() < end) {
        Thread.onSpinWait();
      }
    }
    refuse(grant);
  }

  private Finding compare(String name, Consumer<String> check, List<String> one, List<String> other)
      throws InterruptedException {
    Finding finding =
        new Leakage<>(check, fresh(one), fresh(other), BOUND_NANOS, ROUND).find(CALLS, 10 * CALLS);
    System.getLogger(RefusalTimeTest.class.getName())
        .log(Level.INFO, "{0}: {1} (bound {2} ns)", name, finding, BOUND_NANOS);
    return finding;
  }

  private Supplier<String> fresh(List<String> ids) {
    return () -> {
      if (wire.audit.events().size() >= ROUND) {
        wire.audit.events().clear();
      }
      return guessed(ids);
    };
  }
}
