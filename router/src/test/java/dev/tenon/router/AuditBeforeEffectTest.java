package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the audit log knows before a provider knows anything. */
final class AuditBeforeEffectTest {
  private static final String UNARY = "testservice.v1.Echo/Unary";
  private static final String EVERY_CALL = Names.POLICY + "audit = \"call\"\n";
  private final Plane plane = new Plane();

  @AfterEach
  void close() {
    plane.close();
  }

  @Test
  void firstCall_isWritten_laterOnesAreCounted() {
    for (int i = 0; i < 3; i++) {
      Plane.call(plane.channel(Names.CALLER));
    }
    assertThat(plane.audit.events()).hasSize(1);
    AuditEvent first = plane.audit.events().get(0);
    assertThat(first.action()).isEqualTo("relay");
    assertThat(first.actor()).isEqualTo(Names.CALLER.value());
    assertThat(first.outcome()).isEqualTo(AuditEvent.Outcome.SUCCESS);
    assertThat(first.details())
        .containsEntry("rule", "echo")
        .containsEntry("provider", Names.WORDS.value());
    assertThat(plane.router.calls().get(0).calls()).isEqualTo(3);
  }

  @Test
  void firstCall_ofEachMethodAndEachPolicy_isWritten() {
    Plane.call(plane.channel(Names.CALLER));
    EchoGrpc.newBlockingStub(plane.channel(Names.CALLER))
        .serverStream(EchoRequest.getDefaultInstance())
        .forEachRemaining(answer -> {});
    assertThat(plane.audit.events()).hasSize(2);
    plane.policy(Names.POLICY);
    Plane.call(plane.channel(Names.CALLER));
    assertThat(plane.audit.events()).hasSize(3);
  }

  @Test
  void firstCall_whereTheAuditLogFails_isNotRelayed() {
    plane.audit.fail();
    StatusRuntimeException refusal = Plane.refusal(plane.channel(Names.CALLER), UNARY);
    assertThat(refusal.getStatus().getCode()).isEqualTo(Code.INTERNAL);
    assertThat(refusal.getStatus().getDescription()).isEqualTo("internal error");
    assertThat(plane.words.calls).hasValue(0);
  }

  @Test
  void refusal_whereTheAuditLogFails_staysARefusal() {
    plane.audit.fail();
    StatusRuntimeException refusal = Plane.refusal(plane.channel(Names.STRANGER), UNARY);
    assertThat(refusal.getStatus().getCode()).isEqualTo(Code.INTERNAL);
    assertThat(plane.words.calls).hasValue(0);
  }

  @Test
  void ruleThatAuditsCalls_writesIntentAndOutcome_everyTime() {
    plane.policy(EVERY_CALL);
    Plane.call(plane.channel(Names.CALLER));
    EchoRequest failing = EchoRequest.newBuilder().setEndWith(7).build();
    Assertions.assertThatThrownBy(
            () -> EchoGrpc.newBlockingStub(plane.channel(Names.CALLER)).unary(failing))
        .isInstanceOf(StatusRuntimeException.class);
    assertThat(plane.audit.actions()).containsExactly("intent", "outcome", "intent", "outcome");
    assertThat(plane.audit.events().get(1).details()).containsEntry("status", "OK");
    assertThat(plane.audit.events().get(3).details()).containsEntry("status", "PERMISSION_DENIED");
    assertThat(plane.audit.events().get(3).outcome()).isEqualTo(AuditEvent.Outcome.ERROR);
  }

  @Test
  void ruleThatAuditsCalls_whereTheIntentFails_relaysNothing() {
    plane.policy(EVERY_CALL);
    Plane.call(plane.channel(Names.CALLER));
    plane.audit.fail();
    assertThat(Plane.refusal(plane.channel(Names.CALLER), UNARY).getStatus().getCode())
        .isEqualTo(Code.INTERNAL);
    assertThat(plane.words.calls).hasValue(1);
  }

  @Test
  void ruleThatAuditsCalls_whereTheOutcomeFails_endsTheCallWithInternal() {
    plane.policy(EVERY_CALL);
    plane.words.onCall = plane.audit::fail;
    assertThat(Plane.refusal(plane.channel(Names.CALLER), UNARY).getStatus().getCode())
        .isEqualTo(Code.INTERNAL);
    assertThat(plane.words.calls).hasValue(1);
  }
}
