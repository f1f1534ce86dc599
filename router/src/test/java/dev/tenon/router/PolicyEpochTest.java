package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.policy.Authorizer;
import dev.tenon.auth.policy.Decision;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.ServiceName;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Calls, and the policies and engines that change while they are decided. */
final class PolicyEpochTest {
  private static final String UNARY = "testservice.v1.Echo/Unary";
  private final Plane plane = new Plane();

  @AfterEach
  void close() {
    plane.close();
  }

  private record Engine(Supplier<Decision> answer, AtomicInteger asked) implements Authorizer {
    @Override
    public Decision decide(Identity caller, CallPath path) {
      asked.incrementAndGet();
      return answer.get();
    }

    @Override
    public boolean mayCallAny(Identity caller, ServiceName service) {
      return answer.get().isAllow();
    }
  }

  /**
   * Attack: P12. An engine that throws denies like one that decides, reaches no provider, and is on
   * record as an error.
   *
   * <p>Denies: data POLICY_FAULT.
   */
  @Test
  void call_authorizerThrows_deniedAndRecordedAsError() {
    AtomicInteger asked = new AtomicInteger();
    Engine broken =
        new Engine(
            () -> {
              throw new IllegalStateException("engine: secret state");
            },
            asked);
    plane.policy(plane.policy().narrowedBy(broken));

    StatusRuntimeException refused = Plane.refusal(plane.channel(Names.CALLER), UNARY);

    assertThat(refused.getStatus().getCode()).isEqualTo(Code.PERMISSION_DENIED);
    assertThat(refused.getStatus().getDescription()).isEqualTo("not allowed");
    assertThat(plane.words.calls).hasValue(0);
    assertThat(plane.audit.events())
        .singleElement()
        .satisfies(
            event -> {
              assertThat(event.outcome()).isEqualTo(AuditEvent.Outcome.ERROR);
              assertThat(event.details()).containsEntry("reason", "authorizer failed");
              assertThat(event.toString()).doesNotContain("secret state");
            });
  }

  /** What an engine allowed once it is asked again for the next call. */
  @Test
  void call_authorizerChangesItsMind_nextCallIsDenied() {
    AtomicInteger asked = new AtomicInteger();
    Decision.Deny no = Decision.Deny.by("engine-rule");
    Decision yes = plane.policy().explain("caller", CallPath.parse("/" + UNARY)).decision();
    plane.policy(plane.policy().narrowedBy(new Engine(() -> asked.get() < 2 ? yes : no, asked)));

    assertThat(Plane.call(plane.channel(Names.CALLER))).isNotNull();
    StatusRuntimeException refused = Plane.refusal(plane.channel(Names.CALLER), UNARY);

    assertThat(refused.getStatus().getCode()).isEqualTo(Code.PERMISSION_DENIED);
    assertThat(plane.words.calls).hasValue(1);
    assertThat(plane.audit.reasons()).containsExactly("authorizer denies: engine-rule");
  }

  /**
   * A policy that comes between the decision for a call and its way out: the change does not see
   * the call yet, so the call must see the change.
   */
  @Test
  void call_policyChangesBehindItsDecision_reachesNoProvider() {
    plane.audit.beforeRecord =
        () -> {
          plane.audit.beforeRecord = () -> "";
          plane.policy(Policy.DENY_ALL);
          plane.router.policyChanged();
          return "";
        };

    StatusRuntimeException refused = Plane.refusal(plane.channel(Names.CALLER), UNARY);

    assertThat(refused.getStatus().getCode()).isEqualTo(Code.PERMISSION_DENIED);
    assertThat(plane.words.calls).hasValue(0);
    assertThat(plane.audit.actions()).containsExactly("relay", "end");
  }
}
