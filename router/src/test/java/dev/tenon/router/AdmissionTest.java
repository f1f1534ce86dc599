package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Token;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.Peer;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.security.KeyPair;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whose calls are let in, over real mTLS. Nobody refused learns why, nor what is behind. */
final class AdmissionTest {
  private static final String UNARY = "testservice.v1.Echo/Unary";
  private static final RuntimeId ANOTHER_RUN = new RuntimeId("caller-00000000000000ff");

  private final EchoProvider provider = new EchoProvider();
  private Wire wire;
  private Wire.Caller caller;

  @BeforeEach
  void open() throws Exception {
    wire = new Wire();
    wire.provide(Names.WORDS, Names.ECHO, provider);
    caller = wire.enrol(Names.CALLER);
  }

  @AfterEach
  void close() {
    wire.close();
  }

  private void assertRefused(Channel channel, String reason) {
    int before = wire.audit.events().size();
    assertNotAuthenticated(Plane.refusal(channel, UNARY));
    assertThat(wire.audit.events()).hasSize(before + 1);
    AuditEvent event = wire.audit.events().get(before);
    assertThat(event.event()).isEqualTo("authentication");
    assertThat(event.outcome()).isEqualTo(AuditEvent.Outcome.DENIED);
    assertThat(event.details()).containsEntry("reason", reason);
    assertThat(event.toString()).doesNotContain(caller.token().exposeForWire());
    assertThat(provider.calls).hasValue(0);
  }

  /** One status, one text, the same details: nothing tells the reasons apart. */
  private static void assertNotAuthenticated(StatusRuntimeException refusal) {
    assertThat(refusal.getStatus().getCode()).isEqualTo(Code.UNAUTHENTICATED);
    assertThat(refusal.getStatus().getDescription()).isEqualTo("not authenticated");
    assertThat(Objects.requireNonNull(StatusProto.fromThrowable(refusal)).getDetailsList())
        .hasSize(1);
  }

  @Test
  void svidAndItsToken_areLetIn() {
    Plane.call(caller.channel());
    assertThat(provider.calls).hasValue(1);
  }

  /**
   * A connection lives while its lineage does; a new one needs a live key.
   *
   * <p>Denies: Renewal/Renew CREDENTIAL_EXPIRED.
   */
  @Test
  void connection_whoseKeyWasSucceeded_livesOnAndCannotBeMadeAgain() throws Exception {
    Plane.call(caller.channel());
    KeyPair next = CertificateRequest.newKeyPair();
    Token token =
        wire.lineages.renew(Names.CALLER, caller.keys().getPublic(), next.getPublic()).token();
    wire.ahead.set(Duration.ofMinutes(6)); // past the grace of the old key and token

    String renewed = "Bearer " + token.exposeForWire();
    Plane.call(caller.withAuthorization(renewed));
    assertThat(provider.calls).hasValue(2);
    Channel again = wire.connect(Names.CALLER, caller.keys());
    assertNotAuthenticated(Plane.refusal(Plane.with(again, "authorization", renewed), UNARY));
    AuditEvent last = wire.audit.events().get(wire.audit.events().size() - 1);
    assertThat(last.details()).containsEntry("reason", "expired");
    assertThat(provider.calls).hasValue(2);
  }

  /**
   * Attack T1, T2.
   *
   * <p>Denies: data NOT_AUTHENTICATED, CREDENTIAL_MISSING.
   */
  @Test
  void missingToken_isRefused() {
    assertRefused(caller.bare(), "missing");
    assertRefused(caller.withAuthorization(""), "missing");
  }

  /** Attack T11, T12, T14. */
  @Test
  void tokenInAnotherForm_isRefused() {
    String good = "Bearer " + caller.token().exposeForWire();
    assertRefused(caller.withAuthorization(good, good), "duplicate");
    assertRefused(caller.withAuthorization(good, "Bearer bad"), "duplicate");
    assertRefused(caller.withAuthorization("Bearer bad", good), "duplicate");
    assertRefused(caller.withAuthorization(good + "," + good), "malformed");
    assertRefused(caller.withAuthorization("b" + good.substring(1)), "malformed");
    assertRefused(caller.withAuthorization("Basic" + good.substring(6)), "malformed");
    assertRefused(caller.withAuthorization(good.substring(0, good.length() - 1)), "malformed");
    assertRefused(caller.withAuthorization(good + "A"), "malformed");
  }

  /** Attack T17. */
  @Test
  void tokenInAnotherPlace_isIgnored() {
    String text = caller.token().exposeForWire();
    assertRefused(Plane.with(caller.bare(), "cookie", "authorization=Bearer " + text), "missing");
    assertRefused(Plane.with(caller.bare(), "x-authorization", "Bearer " + text), "missing");
    assertRefused(Plane.with(caller.bare(), "tenon-token", text), "missing");
    assertRefused(Plane.with(caller.bare(), "proxy-authorization", "Bearer " + text), "missing");
    assertNotAuthenticated(Plane.refusal(caller.bare(), UNARY + "?access_token=" + text));
    assertThat(wire.audit.events().toString()).doesNotContain(text);
  }

  /**
   * Attacks T6, T7, T22: a token is good only over its own run's certificate, whatever a header
   * says.
   *
   * <p>Row: TK-10
   */
  @Test
  void tokenOfAnotherRun_isRefused_onBothConnections() throws Exception {
    Wire.Caller other = wire.enrol(ANOTHER_RUN);
    String ofOther = "Bearer " + other.token().exposeForWire();
    assertRefused(caller.withAuthorization(ofOther), "foreign");
    assertRefused(
        Plane.with(caller.withAuthorization(ofOther), "x-plugin-runtime-id", ANOTHER_RUN.value()),
        "foreign");
    assertRefused(other.withAuthorization("Bearer " + caller.token().exposeForWire()), "foreign");
  }

  /** Attack T22: the right name and the right token, over a certificate with another key. */
  @Test
  void certificateWithAKeyOutsideTheLineage_isRefused() throws Exception {
    KeyPair keys = CertificateRequest.newKeyPair();
    ManagedChannel channel = wire.connect(Names.CALLER, keys);
    assertRefused(new Wire.Caller(channel, caller.token(), keys).channel(), "unknown");
  }

  /** Denies: data CREDENTIAL_UNKNOWN. */
  @Test
  void runThatNeverEnrolled_isRefused() throws Exception {
    KeyPair keys = CertificateRequest.newKeyPair();
    ManagedChannel channel = wire.connect(Names.STRANGER, keys);
    assertRefused(new Wire.Caller(channel, caller.token(), keys).channel(), "unknown");
  }

  @Test
  void expiredToken_isRefused() {
    wire.ahead.set(Duration.ofMinutes(59));
    Plane.call(caller.channel());
    provider.calls.set(0);
    wire.ahead.set(Duration.ofMinutes(61));
    assertRefused(caller.channel(), "expired");
  }

  /** Denies: control, data CREDENTIAL_REVOKED. */
  @Test
  void revokedLineage_isRefused_onTheSameConnection() {
    Plane.call(caller.channel());
    provider.calls.set(0);
    wire.lineages.revoke(Names.CALLER);
    assertRefused(caller.channel(), "revoked");
  }

  /**
   * Who has no good token gets one answer for every path, existing or not.
   *
   * <p>Row: RT-2
   */
  @Test
  void badToken_isRefused_beforeAnythingAboutProvidersIsRevealed() {
    for (String path :
        new String[] {UNARY, "acme.v1.Nobody/Knows", "tenon.v1.Lifecycle/Shutdown", "no//path"}) {
      assertNotAuthenticated(Plane.refusal(Plane.with(caller.bare(), "tenon-to", "x"), path));
    }
    assertThat(wire.audit.reasons()).containsOnly("missing");
  }

  @Test
  void streamingCall_isRefusedAlike() throws Exception {
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    StreamObserver<EchoRequest> requests =
        EchoGrpc.newStub(caller.bare())
            .bidi(
                new StreamObserver<EchoResponse>() {
                  @Override
                  public void onNext(EchoResponse value) {
                    ended.completeExceptionally(new AssertionError("answered"));
                  }

                  @Override
                  public void onError(Throwable t) {
                    ended.complete(t);
                  }

                  @Override
                  public void onCompleted() {}
                });
    requests.onNext(EchoRequest.getDefaultInstance());
    assertThat(Status.fromThrowable(ended.get(20, TimeUnit.SECONDS)).getCode())
        .isEqualTo(Code.UNAUTHENTICATED);
    assertThat(provider.calls).hasValue(0);
  }

  /** Denies: data INTERNAL. */
  @Test
  void refusal_whereTheAuditLogFails_isInternal() {
    wire.audit.fail();
    assertThat(Plane.refusal(caller.bare(), UNARY).getStatus().getCode()).isEqualTo(Code.INTERNAL);
  }

  /**
   * Calling itself {@code localhost} gives a caller nothing.
   *
   * <p>Row: CI-14
   */
  @Test
  void authority_givesNoPrivilege() throws Exception {
    CallOptions localhost = CallOptions.DEFAULT.withAuthority("localhost");
    StatusRuntimeException unauthenticated = refusal(caller.bare(), localhost);
    assertThat(unauthenticated.getStatus().getCode()).isEqualTo(Code.UNAUTHENTICATED);
    StatusRuntimeException denied = refusal(wire.enrol(Names.STRANGER).channel(), localhost);
    assertThat(denied.getStatus().getCode()).isEqualTo(Code.PERMISSION_DENIED);
    assertThat(provider.calls).hasValue(0);
  }

  private static StatusRuntimeException refusal(Channel channel, CallOptions options) {
    try {
      EchoRequest request = EchoRequest.getDefaultInstance();
      throw new AssertionError(
          "answered: "
              + ClientCalls.blockingUnaryCall(
                  channel, EchoGrpc.getUnaryMethod(), options, request));
    } catch (StatusRuntimeException e) {
      return e;
    }
  }

  /** Denies: Renewal/Renew CREDENTIAL_UNKNOWN. */
  @Test
  void svidAlone_needsTheKeyButNoToken() throws Exception {
    Admission admission =
        new Admission(wire.lineages, wire.audit, wire.clock, TokenRule.SVID_ALONE);
    Channel channel = wire.serve(Names.CALLER, caller.keys(), new EchoProvider(), admission);
    Plane.call(channel);
    Channel foreign =
        wire.serve(Names.CALLER, CertificateRequest.newKeyPair(), new EchoProvider(), admission);
    assertRefused(foreign, "unknown");
  }

  @Test
  void connectionWithoutACertificate_isRefused() throws Exception {
    String name = InProcessServerBuilder.generateName();
    Admission admission =
        new Admission(wire.lineages, wire.audit, wire.clock, TokenRule.SVID_ALONE);
    Server server =
        InProcessServerBuilder.forName(name)
            .fallbackHandlerRegistry(wire.router.front())
            .intercept(admission)
            .build()
            .start();
    ManagedChannel channel = InProcessChannelBuilder.forName(name).build();
    try {
      assertRefused(channel, "missing");
    } finally {
      channel.shutdownNow();
      server.shutdownNow();
    }
  }

  /** A host's certificate on the plugins' listener proves no plugin. */
  @Test
  void certificateOfAHost_isRefused() throws Exception {
    Peer host =
        new Peer(
            Optional.of(Names.HOST),
            Optional.of(wire.hostCertificate()),
            Optional.empty(),
            /* connection= */ 1);
    String name = InProcessServerBuilder.generateName();
    Server server =
        InProcessServerBuilder.forName(name)
            .fallbackHandlerRegistry(wire.router.front())
            .intercept(new Admission(wire.lineages, wire.audit, wire.clock, TokenRule.SVID_ALONE))
            .addTransportFilter(
                new ServerTransportFilter() {
                  @Override
                  public Attributes transportReady(Attributes attributes) {
                    return attributes.toBuilder().set(Peer.KEY, host).build();
                  }
                })
            .addTransportFilter(new ConnectionAdmission(wire.lineages))
            .build()
            .start();
    ManagedChannel channel = InProcessChannelBuilder.forName(name).build();
    try {
      assertRefused(channel, "missing");
    } finally {
      channel.shutdownNow();
      server.shutdownNow();
    }
  }

  /**
   * The front refuses by itself what did not pass admission, should a server be put together so.
   *
   * <p>Row: HS-24
   */
  @Test
  void frontWithoutAdmission_refusesEveryCall() throws Exception {
    String name = InProcessServerBuilder.generateName();
    Server server =
        InProcessServerBuilder.forName(name)
            .fallbackHandlerRegistry(wire.router.front())
            .build()
            .start();
    ManagedChannel channel = InProcessChannelBuilder.forName(name).build();
    try {
      StatusRuntimeException refusal =
          Plane.refusal(
              Plane.with(channel, "tenon-caller", Names.id(Names.CALLER).toString()), UNARY);
      assertNotAuthenticated(refusal);
      assertThat(Objects.requireNonNullElse(refusal.getTrailers(), new Metadata()).keys())
          .contains("grpc-status-details-bin");
    } finally {
      channel.shutdownNow();
      server.shutdownNow();
    }
  }
}
