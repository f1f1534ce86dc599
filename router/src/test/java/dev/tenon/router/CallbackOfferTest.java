package dev.tenon.router;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import dev.tenon.core.Callback;
import dev.tenon.core.Grant;
import dev.tenon.core.Identity;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who may bring something along with a call, and what has to be on record before it goes out. */
final class CallbackOfferTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String UNARY = "testservice.v1.Echo/Unary";
  private static final String POLICY =
      Names.POLICY
          + """
          [[rule]]
          id = "host"
          effect = "allow"
          caller = "host"
          service = "testservice.v1.*"
          """;

  private final Plane plane =
      new Plane(
          HostServices.builder()
              .offer(new OtherGrpc.OtherImplBase() {}, Names.VERSION)
              .offerDuringCalls(Names.NOWHERE, Names.VERSION)
              .start());

  CallbackOfferTest() {
    plane.policy(POLICY);
  }

  @AfterEach
  void close() {
    plane.close();
  }

  private Channel bringing(Identity caller, CallbackOffer offer) {
    return ClientInterceptors.intercept(plane.router.channel(caller), offer);
  }

  private static Identity host() {
    return new Identity(Names.HOST, Identity.Evidence.IN_PROCESS);
  }

  /** A service of the declared name, without methods. */
  private static CallbackOffer declared() {
    return new CallbackOffer(() -> ServerServiceDefinition.builder(Names.NOWHERE.value()).build());
  }

  private void assertNothingGiven() {
    assertThat(plane.grants.size()).isZero();
    assertThat(plane.words.calls).hasValue(0);
  }

  /**
   * A plugin has nothing of the host's to give.
   *
   * <p>Row: CG-11.
   *
   * <p>Denies: data NOT_ALLOWED.
   */
  @Test
  void offer_byAPlugin_refused() {
    StatusRuntimeException refused =
        Plane.refusal(bringing(Names.identity(Names.CALLER), declared()), UNARY);
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(plane.audit.reasons()).containsExactly("callback of a plugin");
    assertNothingGiven();
  }

  /**
   * What is not declared cannot be brought along, and the host's own services have no run that
   * could hold a grant.
   *
   * <p>Denies: data INVALID_REQUEST.
   */
  @Test
  void offer_undeclaredOrToTheHost_refused() {
    CallbackOffer undeclared = new CallbackOffer(new OtherGrpc.OtherImplBase() {});
    StatusRuntimeException refused = Plane.refusal(bringing(host(), undeclared), UNARY);
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    refused = Plane.refusal(bringing(host(), declared()), "testservice.v1.Other/Unary");
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertNothingGiven();
  }

  /**
   * Without a record there is neither a call nor a right.
   *
   * <p>Row: CG-11.
   *
   * <p>Denies: data INTERNAL.
   */
  @Test
  void offer_auditFails_neitherCallNorGrant() {
    Plane.call(plane.router.channel(host())); // so that the call itself is on record
    plane.words.calls.set(0);
    plane.audit.fail();
    StatusRuntimeException refused = Plane.refusal(bringing(host(), declared()), UNARY);
    assertThat(RefusalStatus.ofHost(refused.getStatus(), refused.getTrailers()))
        .contains(Refusal.INTERNAL);
    assertNothingGiven();
  }

  /**
   * While the record is on its way, the right is no good and the provider knows nothing; a call
   * that is cancelled meanwhile leaves nothing.
   *
   * <p>Row: CG-11
   */
  @Test
  void offer_recordPending_nothingInEffect() throws Exception {
    Plane.call(plane.router.channel(host()));
    plane.words.calls.set(0);
    plane.audit.hold();
    ListenableFuture<EchoResponse> call =
        EchoGrpc.newFutureStub(bringing(host(), declared()))
            .unary(EchoRequest.getDefaultInstance());
    assertThat(plane.grants.size()).isOne();
    assertThat(plane.grants.all()).isEmpty();
    assertThat(plane.words.calls).hasValue(0);

    ListenableFuture<EchoResponse> given =
        EchoGrpc.newFutureStub(bringing(host(), declared()))
            .unary(EchoRequest.getDefaultInstance());
    given.cancel(true);
    await().atMost(SOON).until(() -> plane.grants.size() == 1);

    plane.audit.release(null);
    var unused = call.get(SOON.toSeconds(), TimeUnit.SECONDS);
    assertThat(plane.words.calls).hasValue(1);
    assertThat(plane.grants.size()).isZero();
  }

  /**
   * While the call is served, its provider reaches what came with it; the host itself, which is in
   * nobody's call, does not.
   *
   * <p>Row: CG-11.
   *
   * <p>Denies: data NOT_PROVIDED.
   */
  @Test
  void callback_duringTheCall_reachesWhatCameAlong() {
    plane.policy(
        POLICY
            + """
            [[rule]]
            id = "back"
            effect = "allow"
            caller = "words"
            service = "testservice.v1.Nowhere"
            """);
    AtomicReference<EchoResponse> answered = new AtomicReference<>();
    plane.words.onCall =
        () -> {
          String[] given =
              requireNonNull(requireNonNull(plane.words.lastHeaders).get(Callback.HEADER))
                  .split(" ", -1);
          Channel shown =
              plane.channel(Names.WORDS, Grant.HEADER.name(), given[1] + " " + given[2]);
          answered.set(Plane.call(shown, Names.NOWHERE + "/Unary"));
        };

    Plane.call(bringing(host(), answering("back")));

    assertThat(requireNonNull(answered.get()).getPayload().toStringUtf8()).isEqualTo("back");
    StatusRuntimeException refused =
        Plane.refusal(plane.router.channel(host()), Names.NOWHERE + "/Unary");
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(plane.audit.reasons()).containsExactly("offered during calls alone");
    assertThat(plane.grants.size()).isZero();
  }

  /** A service of the declared name, with one method that answers {@code text}. */
  private static CallbackOffer answering(String text) {
    EchoResponse answer =
        EchoResponse.newBuilder().setPayload(ByteString.copyFromUtf8(text)).build();
    return new CallbackOffer(
        () ->
            ServerServiceDefinition.builder(Names.NOWHERE.value())
                .addMethod(
                    EchoGrpc.getUnaryMethod().toBuilder()
                        .setFullMethodName(Names.NOWHERE + "/Unary")
                        .build(),
                    ServerCalls.asyncUnaryCall(
                        (EchoRequest request, StreamObserver<EchoResponse> out) -> {
                          out.onNext(answer);
                          out.onCompleted();
                        }))
                .build());
  }

  /** Provider and caller cannot write what the host writes, and it is not passed on. */
  @Test
  void header_ofACaller_isNotPassedOn() {
    EchoResponse answer =
        Plane.call(
            plane.channel(
                Names.CALLER,
                Callback.HEADER.name(),
                "acme.Progress " + "0".repeat(32) + " tng_" + "A".repeat(43)));
    assertThat(answer.getMetadataKeysList()).doesNotContain(Callback.HEADER.name());
    assertThat(plane.grants.size()).isZero();
  }
}
