package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.policy.Authorizer;
import dev.tenon.auth.policy.Decision;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.ServiceName;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Refusals at the listener for other hosts, beside those of {@link OtherHostCallsTest}. */
final class OtherHostRefusalsTest {
  private static final String UNARY = "testservice.v1.Echo/Unary";

  private final EchoProvider provider = new EchoProvider();
  private Wire wire;
  private OtherWire other;

  @BeforeEach
  void open() throws Exception {
    wire = new Wire();
    wire.provide(Names.WORDS_2, Names.ECHO, provider);
    other = new OtherWire(wire);
  }

  @AfterEach
  void close() {
    other.close();
    wire.close();
  }

  /** Returns the connection of the other host, which calls for its plugin. */
  private Channel calling() {
    return Plane.with(other.link(), "tenon-caller", OtherWire.CALLER.toString());
  }

  private Status refusal(Channel channel) {
    Status status = Plane.refusal(channel, UNARY).getStatus();
    assertThat(provider.calls).hasValue(0);
    return status;
  }

  /** Denies: hosts INVALID_REQUEST. */
  @ParameterizedTest
  @ValueSource(strings = {"", "words", "../words-0000000000000001", "127.0.0.1:80"})
  void call_malformedTarget_isInvalid(String target) {
    assertThat(refusal(Plane.with(calling(), "tenon-to", target)).getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  /** Denies: hosts INTERNAL. */
  @Test
  void refusal_whereTheAuditLogFails_isInternal() {
    wire.audit.fail();

    Status status = refusal(other.link());

    assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(String.valueOf(status.getDescription())).doesNotContain("secret");
  }

  /**
   * A rule that denies a name denies it wherever its bearer is; both are on record.
   *
   * <p>Denies: hosts NOT_ALLOWED, POLICY_DENY_RULE.
   */
  @Test
  void call_callerThatARuleDenies_isDenied() throws Exception {
    wire.policy =
        Policy.parse(
            Names.POLICY_FOR_A
                + """
                [[rule]]
                id = "no"
                effect = "deny"
                caller = "caller"
                service = "*"
                """);

    assertThat(refusal(calling()).getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(wire.audit.reasons()).anyMatch(reason -> reason.contains("no"));
  }

  private record Engine(Policy answers, boolean works) implements Authorizer {
    @Override
    public Decision decide(Identity caller, CallPath path) {
      if (!works) {
        throw new IllegalStateException("engine: secret state");
      }
      return answers.decide(caller, path);
    }

    @Override
    public boolean mayCallAny(Identity caller, ServiceName service) {
      return false;
    }
  }

  private StatusRuntimeException refusal(Engine engine) {
    wire.policy = wire.policy.narrowedBy(engine);
    StatusRuntimeException refused = Plane.refusal(calling(), UNARY);
    assertThat(provider.calls).hasValue(0);
    return refused;
  }

  /**
   * An engine is asked about callers of other hosts too.
   *
   * <p>Denies: hosts POLICY_AUTHORIZER.
   */
  @Test
  void call_engineDenies_isDenied() {
    assertThat(refusal(new Engine(Policy.DENY_ALL, /* works= */ true)).getStatus().getCode())
        .isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(wire.audit.reasons()).anyMatch(reason -> reason.contains("authorizer"));
  }

  /**
   * And denies when it fails.
   *
   * <p>Denies: hosts POLICY_FAULT.
   */
  @Test
  void call_engineFails_deniedAndRecordedAsError() {
    assertThat(refusal(new Engine(Policy.DENY_ALL, /* works= */ false)).getStatus())
        .satisfies(
            status -> {
              assertThat(status.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
              assertThat(status.getDescription()).isEqualTo("not allowed");
            });
    assertThat(wire.audit.events())
        .anySatisfy(event -> assertThat(event.outcome()).isEqualTo(AuditEvent.Outcome.ERROR));
  }
}
