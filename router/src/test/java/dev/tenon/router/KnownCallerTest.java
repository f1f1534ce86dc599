package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.policy.AuditMode;
import dev.tenon.auth.policy.Authorizer;
import dev.tenon.auth.policy.Decision;
import dev.tenon.core.CallPath;
import dev.tenon.core.Health;
import dev.tenon.core.Identity;
import dev.tenon.core.Refusal;
import dev.tenon.core.ServiceName;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What earlier calls found out never outlives what it was found in. Row: RT-3. */
final class KnownCallerTest {
  private final WirePlane plane = new WirePlane();
  private final WirePlane.Connected caller = plane.enrol(Names.CALLER);

  /** The path is known, and all that is found on the way is remembered. */
  @BeforeEach
  void call() {
    for (int i = 0; i < 3; i++) {
      assertThat(next().forwardedTo).isSameAs(plane.wires.get(Names.WORDS));
    }
  }

  @AfterEach
  void close() {
    plane.close();
  }

  private FakeWireCall next() {
    return caller.begin(WirePlane.UNARY).ends(Status.OK);
  }

  @Test
  void nextCall_lineageRevoked_unauthenticated() {
    plane.lineages.revoke(Names.CALLER);

    assertThat(next().isTold(Refusal.NOT_AUTHENTICATED)).isTrue();
  }

  @Test
  void nextCall_tokenExpired_unauthenticated() {
    plane.pass(Duration.ofHours(2));

    assertThat(next().isTold(Refusal.NOT_AUTHENTICATED)).isTrue();
    assertThat(plane.audit.reasons()).containsExactly("expired");
  }

  @Test
  void nextCall_policyChanged_byTheNewOne() {
    plane.policy = WirePlane.parsed("");
    assertThat(next().isTold(Refusal.NOT_ALLOWED)).isTrue();

    plane.policy = WirePlane.parsed(Names.POLICY);
    assertThat(next().isForwarded()).isTrue();
    assertThat(plane.audit.actions())
        .as("recorded anew")
        .containsExactly("relay", "refuse", "relay");
  }

  /** The rules are the same, and what an authorizer says of them is not. */
  @Test
  void nextCall_authorizerSaysNo_denied() {
    AtomicBoolean no = new AtomicBoolean();
    plane.policy =
        plane.policy.narrowedBy(
            new Authorizer() {
              @Override
              public Decision decide(Identity asking, CallPath path) {
                return no.get()
                    ? Decision.Deny.by("no")
                    : new Decision.Allow("yes", AuditMode.FIRST);
              }

              @Override
              public boolean mayCallAny(Identity asking, ServiceName service) {
                return true;
              }
            });
    assertThat(next().isForwarded()).isTrue();
    no.set(true);

    assertThat(next().isTold(Refusal.NOT_ALLOWED)).isTrue();
  }

  @Test
  void nextCall_providerGone_unavailable() {
    plane.registry.remove(Names.WORDS);

    assertThat(next().code()).isEqualTo(Code.UNAVAILABLE);
  }

  @Test
  void nextCall_providerUnhealthy_goesToAnother() {
    plane.provide(Names.WORDS_2, Names.ECHO);
    plane.registry.reportHealth(Names.WORDS, Health.UNHEALTHY);

    assertThat(next().forwardedTo).isSameAs(plane.wires.get(Names.WORDS_2));
    assertThat(plane.router.calls())
        .containsExactly(new CallCount("caller", "words", Names.ECHO, 4, 0));
  }

  /** The same provider, by other connections. */
  @Test
  void nextCall_connectionsReplaced_byTheNewOnes() {
    var before = plane.wires.get(Names.WORDS);
    plane.provide(Names.WORDS, Names.ECHO);

    assertThat(next().forwardedTo).isNotSameAs(before).isSameAs(plane.wires.get(Names.WORDS));
  }

  /** Each of them is counted for the summary, though it was decided once. Row: AU-4. */
  @Test
  void nextCall_remembered_countedForTheSummary() {
    plane.router.summarize();

    assertThat(plane.audit.events().get(1).details()).containsEntry("calls", "2");
  }

  @Test
  void atPath_manyPaths_noMoreAreKeptThanAFew() {
    KnownCaller known = new KnownCaller(Names.identity(Names.CALLER));
    for (int i = 0; i < 10 * KnownCaller.MAX_SITES; i++) {
      known.atPath("/a.B/M" + i);
    }

    assertThat(known.sites()).isLessThanOrEqualTo(KnownCaller.MAX_SITES);
    assertThat(known.atPath("/a.B/M1")).isSameAs(known.atPath("/a.B/M1"));
  }
}
