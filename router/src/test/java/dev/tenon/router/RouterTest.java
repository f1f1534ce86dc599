package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.rpc.ErrorInfo;
import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Health;
import dev.tenon.core.Identity;
import dev.tenon.core.RefusalStatus;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a call passes before it reaches a provider, in which order, and what it learns. */
final class RouterTest {
  private static final String UNARY = "testservice.v1.Echo/Unary";
  private final Plane plane = new Plane();

  @AfterEach
  void close() {
    plane.close();
  }

  private void assertRefused(StatusRuntimeException refusal, Code code, String text) {
    assertThat(refusal.getStatus().getCode()).isEqualTo(code);
    assertThat(refusal.getStatus().getDescription()).isEqualTo(text);
    assertThat(plane.words.calls).as("calls that reached the provider").hasValue(0);
  }

  @Test
  void call_permitted_isRelayedWithTheCallersName() {
    assertThat(Plane.call(plane.channel(Names.CALLER)).getCaller())
        .isEqualTo("spiffe://test.example/host/h1/plugin/caller/caller-000000000000000a");
  }

  @Test
  void call_ofTheHost_isDecidedLikeAnyOther() {
    Identity host = new Identity(Names.HOST, Identity.Evidence.IN_PROCESS);
    assertRefused(
        Plane.refusal(plane.router.channel(host), UNARY), Code.PERMISSION_DENIED, "not allowed");
    plane.policy(Names.POLICY.replace("caller = \"caller\"", "caller = \"host\""));
    assertThat(Plane.call(plane.router.channel(host)).getCaller())
        .isEqualTo("spiffe://test.example/host/h1");
  }

  /**
   * A denied call never touches the provider, and the audit log has one line of it.
   *
   * <p>Row: RT-3, PL-5.
   *
   * <p>Denies: data NOT_ALLOWED, POLICY_DENY_RULE.
   */
  @Test
  void call_denied_neverTouchesTheProvider_andIsAuditedOnce() {
    plane.policy(
        Names.POLICY
            + """
            [[rule]]
            id = "no-unary"
            effect = "deny"
            caller = "caller"
            service = "testservice.v1.Echo"
            method = "Unary"
            """);
    StatusRuntimeException refusal = Plane.refusal(plane.channel(Names.CALLER), UNARY);
    assertRefused(refusal, Code.PERMISSION_DENIED, "not allowed");
    assertThat(plane.audit.events()).hasSize(1);
    AuditEvent event = plane.audit.events().get(0);
    assertThat(event.event()).isEqualTo("call");
    assertThat(event.timestamp()).isEqualTo(Plane.NOW);
    assertThat(event.actor()).isEqualTo(Names.CALLER.value());
    assertThat(event.resource()).isEqualTo("/testservice.v1.Echo/Unary");
    assertThat(event.outcome()).isEqualTo(AuditEvent.Outcome.DENIED);
    assertThat(event.details()).containsEntry("reason", "deny rule no-unary");
    assertThat(plane.router.calls()).isEmpty();
  }

  /**
   * Policy comes before scope and health, so that a denied caller learns of neither.
   *
   * <p>Row: RT-3
   */
  @Test
  void call_denied_isToldNothingElse() {
    plane.registry.reportHealth(Names.WORDS, Health.UNHEALTHY);
    assertRefused(
        Plane.refusal(plane.channel(Names.STRANGER, "tenon-to", "not a runtime id"), UNARY),
        Code.PERMISSION_DENIED,
        "not allowed");
  }

  /**
   * Unknown and forbidden services are refused with the same code, text and details.
   *
   * <p>Row: RT-16.
   *
   * <p>Denies: data POLICY_NO_RULE.
   */
  @Test
  void call_ofUnknownAndOfForbiddenService_areRefusedAlike() {
    StatusRuntimeException known = Plane.refusal(plane.channel(Names.STRANGER), UNARY);
    StatusRuntimeException unknown =
        Plane.refusal(plane.channel(Names.STRANGER), "acme.never.v1.Heard/Of");
    assertThat(known.getStatus()).usingRecursiveComparison().isEqualTo(unknown.getStatus());
    assertThat(StatusProto.fromThrowable(known)).isEqualTo(StatusProto.fromThrowable(unknown));
  }

  @Test
  void refusal_carriesReasonAndDomain() throws Exception {
    StatusRuntimeException refusal = Plane.refusal(plane.channel(Names.STRANGER), UNARY);
    ErrorInfo info =
        Objects.requireNonNull(StatusProto.fromThrowable(refusal))
            .getDetails(0)
            .unpack(ErrorInfo.class);
    assertThat(info.getReason()).isEqualTo("NOT_ALLOWED");
    assertThat(info.getDomain()).isEqualTo(RefusalStatus.DOMAIN);
  }

  /** Denies: data NOT_PROVIDED. */
  @Test
  void call_withRight_whereNothingMayProvide_isUnimplemented() {
    assertRefused(
        Plane.refusal(plane.channel(Names.CALLER), Names.NOWHERE + "/Unary"),
        Code.UNIMPLEMENTED,
        "service not provided");
    assertThat(plane.audit.reasons()).containsExactly("nothing may provide it");
  }

  /** Denies: data UNAVAILABLE. */
  @Test
  void call_withRight_whereNoneIsRegistered_isUnavailable() {
    assertRefused(
        Plane.refusal(plane.channel(Names.CALLER), Names.OTHER + "/Unary"),
        Code.UNAVAILABLE,
        "service unavailable");
  }

  /**
   * An unhealthy provider gets no call, a degraded one does.
   *
   * <p>Row: RT-5
   */
  @Test
  void health_flips_theGate() {
    plane.registry.reportHealth(Names.WORDS, Health.UNHEALTHY);
    assertRefused(
        Plane.refusal(plane.channel(Names.CALLER), UNARY), Code.UNAVAILABLE, "service unavailable");
    plane.registry.reportHealth(Names.WORDS, Health.DEGRADED);
    Plane.call(plane.channel(Names.CALLER));
    plane.registry.reportHealth(Names.WORDS, Health.HEALTHY);
    Plane.call(plane.channel(Names.CALLER));
    assertThat(plane.words.calls).hasValue(2);
  }

  @Test
  void call_whereTheBackendIsGone_isUnavailable() {
    plane.backends.clear();
    assertRefused(
        Plane.refusal(plane.channel(Names.CALLER), UNARY), Code.UNAVAILABLE, "service unavailable");
  }

  /**
   * The caller may name the provider, which does not see that it was named.
   *
   * <p>Row: RT-1, RT-4
   */
  @Test
  void tenonTo_namesTheProvider() {
    EchoProvider second = new EchoProvider();
    plane.provide(Names.WORDS_2, Names.ECHO, second);
    Plane.call(plane.channel(Names.CALLER, "tenon-to", Names.WORDS_2.value()));
    assertThat(second.calls).hasValue(1);
    assertThat(plane.words.calls).hasValue(0);
    assertThat(Objects.requireNonNull(second.lastHeaders).keys()).doesNotContain("tenon-to");
  }

  /**
   * A provider of another service is as unknown as one that does not exist.
   *
   * <p>Row: RT-4.
   *
   * <p>Denies: data NOT_FOUND.
   */
  @Test
  void tenonTo_ofAProviderOfAnotherService_isNotFound() {
    plane.provide(Names.TARPIT, Names.OTHER, new EchoProvider());
    assertRefused(
        Plane.refusal(plane.channel(Names.CALLER, "tenon-to", Names.TARPIT.value()), UNARY),
        Code.NOT_FOUND,
        "not found");
    assertRefused(
        Plane.refusal(plane.channel(Names.CALLER, "tenon-to", Names.WORDS_2.value()), UNARY),
        Code.NOT_FOUND,
        "not found");
  }

  @Test
  void tenonTo_ofAnUnhealthyProvider_isUnavailable() {
    plane.registry.reportHealth(Names.WORDS, Health.UNHEALTHY);
    assertRefused(
        Plane.refusal(plane.channel(Names.CALLER, "tenon-to", Names.WORDS.value()), UNARY),
        Code.UNAVAILABLE,
        "service unavailable");
  }

  /**
   * The provider is named once, by its runtime id, or the call is invalid.
   *
   * <p>Row: RT-1.
   *
   * <p>Denies: data INVALID_REQUEST.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "words",
        "words-0000000000000001,words-0000000000000001",
        "../words-0000000000000001",
        "WORDS-0000000000000001",
        "127.0.0.1:80"
      })
  void tenonTo_malformed_isInvalid(String value) {
    assertRefused(
        Plane.refusal(plane.channel(Names.CALLER, "tenon-to", value), UNARY),
        Code.INVALID_ARGUMENT,
        "tenon-to: (expected: exactly one runtime id)");
    assertThat(plane.audit.reasons()).containsExactly("tenon-to malformed");
  }

  /**
   * The provider is named once, by its runtime id, or the call is invalid.
   *
   * <p>Row: RT-1
   */
  @Test
  void tenonTo_repeated_isInvalid() {
    String same = Names.WORDS.value();
    assertRefused(
        Plane.refusal(plane.channel(Names.CALLER, "tenon-to", same, "tenon-to", same), UNARY),
        Code.INVALID_ARGUMENT,
        "tenon-to: (expected: exactly one runtime id)");
    assertThat(plane.audit.reasons()).containsExactly("tenon-to repeated");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "grpc.health.v1.Health/Check",
        "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "tenon.v1.Lifecycle/Shutdown",
        "plugin.GRPCBroker/StartStream"
      })
  void reservedService_isNeverRelayed_evenWhereThePolicyAllowsAll(String method) {
    plane.policy(Names.POLICY.replace("testservice.v1.*", "*"));
    assertRefused(
        Plane.refusal(plane.channel(Names.CALLER), method),
        Code.UNIMPLEMENTED,
        "service not provided");
    assertThat(plane.audit.reasons()).containsExactly("reserved service");
  }

  @Test
  void policyChange_takesEffectAtTheNextCall() {
    Plane.call(plane.channel(Names.CALLER));
    plane.policy("");
    assertThat(Plane.refusal(plane.channel(Names.CALLER), UNARY).getStatus().getCode())
        .isEqualTo(Code.PERMISSION_DENIED);
    assertThat(plane.words.calls).hasValue(1);
  }

  @Test
  void close_refusesNewCalls() {
    plane.router.close();
    assertRefused(
        Plane.refusal(plane.channel(Names.CALLER), UNARY), Code.UNAVAILABLE, "service unavailable");
  }

  /** What counts calls grows with configured names alone. Attack: O13. */
  @Test
  void calls_areCounted_byNameAndNotByRun() {
    EchoProvider second = new EchoProvider();
    Plane.call(plane.channel(Names.CALLER));
    plane.registry.remove(Names.WORDS);
    plane.provide(Names.WORDS_2, Names.ECHO, second);
    EchoRequest failing = EchoRequest.newBuilder().setEndWith(5).build();
    assertThatThrownBy(() -> EchoGrpc.newBlockingStub(plane.channel(Names.CALLER)).unary(failing))
        .isInstanceOf(StatusRuntimeException.class);
    Plane.refusal(plane.channel(Names.STRANGER), UNARY);
    assertThat(plane.router.calls())
        .containsExactly(new CallCount("caller", "words", Names.ECHO, 2, 1));
  }

  /**
   * Credentials that a client adds behind its interceptors stay on this side.
   *
   * <p>Row: SL-2
   */
  @Test
  void callCredentials_neverReachTheProvider() {
    CallCredentials secret =
        new CallCredentials() {
          @Override
          public void applyRequestMetadata(
              RequestInfo request, Executor executor, MetadataApplier applier) {
            Metadata headers = new Metadata();
            headers.put(BearerToken.AUTHORIZATION, "Bearer canary");
            applier.apply(headers);
          }
        };
    EchoGrpc.newBlockingStub(plane.channel(Names.CALLER))
        .withCallCredentials(secret)
        .unary(EchoRequest.getDefaultInstance());
    assertThat(Objects.requireNonNull(plane.words.lastHeaders).keys())
        .doesNotContain("authorization");
  }

  @Test
  void cancel_beforeStart_endsTheCallWithoutRelayingIt() {
    ClientCall<EchoRequest, ?> call =
        plane.channel(Names.CALLER).newCall(EchoGrpc.getUnaryMethod(), CallOptions.DEFAULT);
    call.cancel("test", null);
    Status[] ended = {Status.OK};
    start(call, ended);
    assertThat(ended[0].getCode()).isEqualTo(Code.CANCELLED);
    assertThat(plane.words.calls).hasValue(0);
  }

  private static <R> void start(ClientCall<EchoRequest, R> call, Status[] ended) {
    call.start(
        new ClientCall.Listener<R>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            ended[0] = status;
          }
        },
        new Metadata());
  }

  @Test
  void builder_withoutAPart_namesIt() {
    assertThatThrownBy(() -> Router.builder().policy(() -> Policy.DENY_ALL).build())
        .isInstanceOf(NullPointerException.class)
        .hasMessage("audit");
  }
}
