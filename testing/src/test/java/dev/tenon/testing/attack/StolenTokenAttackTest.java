package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.Identity;
import dev.tenon.core.Refusal;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.Credentials;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolmentGrpc;
import dev.tenon.v1.Health;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Good tokens in the wrong hands, guessed ones, and one that a provider may hope to see. */
class StolenTokenAttackTest {
  private static final String FOREIGN = "mallory authentication verify - denied foreign";
  private static final Metadata.Key<String> RUNTIME_ID =
      Metadata.Key.of("x-plugin-runtime-id", Metadata.ASCII_STRING_MARSHALLER);

  private static final Metadata.Key<String> CALLER =
      Metadata.Key.of("tenon-caller", Metadata.ASCII_STRING_MARSHALLER);

  @RegisterExtension
  static final Oracles oracles =
      Oracles.over(new Plan().enrolled("mallory", Scene.OTHER).enrolled("eve"));

  private static RawPlugin mallory() {
    return oracles.plugin("mallory");
  }

  private static RawPlugin eve() {
    return oracles.plugin("eve");
  }

  /** A right token over the connection of another plugin. Attack: T6. Row: TE-1. */
  @Test
  void call_rightTokenOfAnotherRun_refusedLikeUnknown() {
    for (Door door : Door.values()) {
      Answer foreign = oracles.refused(() -> door.enter(mallory(), eve().bearer()));
      Answer unknown =
          oracles.refused(() -> door.enter(mallory(), "Bearer tnr_" + "B".repeat(42) + "A"));

      assertThat(foreign.is(Refusal.NOT_AUTHENTICATED)).isTrue();
      oracles.sameAnswer(foreign, unknown);
      oracles.expect(FOREIGN, "mallory authentication verify - denied unknown");
    }
  }

  /**
   * Two living plugins exchange their tokens: neither gets in, with or without a header that names
   * the owner, and each stays who it is with its own. Attack: T7. Row: TE-2.
   */
  @Test
  void call_exchangedTokens_bothRefused() {
    Metadata claim = new Metadata();
    claim.put(RUNTIME_ID, eve().runtimeId());
    for (Door door : Door.values()) {
      Channel claiming = RawPlugin.with(claim, door.of(mallory(), eve().bearer()));
      Answer one = oracles.refused(() -> door.call(claiming));
      Answer other = oracles.refused(() -> door.enter(eve(), mallory().bearer()));

      assertThat(one.is(Refusal.NOT_AUTHENTICATED)).isTrue();
      oracles.sameAnswer(one, other);
      oracles.expect(FOREIGN, "eve authentication verify - denied foreign");
    }
    Door.CONTROL.enter(eve(), eve().bearer());
    oracles.expect("eve discovery discover testservice.v1.Echo success allowed");
  }

  /**
   * A stolen token with a certificate of the thief's own making, in the victim's name: no
   * connection comes of it, so no call. Attack: T22. Row: TE-1.
   */
  @Test
  void call_stolenTokenOverHomemadeCertificate_noConnection() throws Exception {
    KeyPair keys = CertificateRequest.newKeyPair();
    EmbeddedAuthority thief =
        EmbeddedAuthority.create(
            new TrustDomain("tenon.internal"),
            Role.PLUGIN,
            InstantSource.system(),
            new SecureRandom());
    SpiffeId.OfPlugin victim =
        new SpiffeId.OfPlugin(eve().bootstrap.hostId(), eve().bootstrap.runtimeId());
    Credentials forged =
        Credentials.of(
            keys.getPrivate(),
            thief.issue(victim, keys.getPublic()),
            eve().credentials().trustBundle());

    for (String plane : List.of("control", "data")) {
      oracles.allowConnections("-", plane, "certificate of another authority");
    }
    for (Door door : Door.values()) {
      Channel channel =
          mallory()
              .connect(
                  door == Door.DATA ? eve().bootstrap.data() : eve().bootstrap.control(), forged);
      Answer refused =
          oracles.refused(() -> door.call(RawPlugin.authorized(channel, eve().bearer())));
      assertThat(refused.code()).isEqualTo(Status.Code.UNAVAILABLE);
    }
    assertThat(new Identity(victim, Identity.Evidence.SVID).name()).isEqualTo("eve");
  }

  /**
   * Guesses over many ids. An id is proved by a certificate, so only enrolment takes one from the
   * caller; each guess is refused and recorded, and nothing is kept of it. Rates are out of the way
   * here, since this is about what a guess costs; {@link FloodAttackTest} has them. Attack: T19.
   */
  @Test
  void enrol_guessesOverManyIds_refusedAndNothingKept() {
    EnrolmentGrpc.EnrolmentBlockingStub enrolment =
        EnrolmentGrpc.newBlockingStub(mallory().enrolChannel());
    EnrolRequest.Builder guess =
        mallory().enrolRequest().setEnrolmentToken("tne_" + "B".repeat(42) + "A");
    int guesses = 2_000;
    Answer first = null;
    for (int i = 0; i < guesses; i++) {
      RuntimeId id = RuntimeId.of(mallory().bootstrap.plugin(), i);
      Answer answer =
          oracles.refused(
              () -> RawPlugin.deadline(enrolment).enrol(guess.setRuntimeId(id.value()).build()));
      first = first == null ? answer : first;
      oracles.sameAnswer(first, answer);
    }
    oracles.expect(guesses, "- enrolment enrol mallory denied unknown");
  }

  /** A provider looks for its caller's token in what the router forwards. Attack: T27. */
  @Test
  void relay_toProviderThatLooks_seesNoTokenOfTheCaller() throws Exception {
    Looking looking = new Looking();
    oracles.closing(mallory().serve(ServerInterceptors.intercept(looking, looking)));
    var unused = mallory().register(Scene.OTHER);
    mallory().report(Health.HEALTH_HEALTHY);
    Metadata cookies = new Metadata();
    cookies.put(Metadata.Key.of("cookie", Metadata.ASCII_STRING_MARSHALLER), eve().token());
    cookies.put(
        Metadata.Key.of("proxy-authorization", Metadata.ASCII_STRING_MARSHALLER), eve().bearer());

    EchoResponse response =
        RawPlugin.deadline(
                OtherGrpc.newBlockingStub(RawPlugin.with(cookies, eve().data(eve().bearer()))))
            .unary(EchoRequest.getDefaultInstance());

    assertThat(response.getCaller()).endsWith(eve().runtimeId());
    assertThat(looking.seen.get())
        .doesNotContain(eve().token())
        .doesNotContain("authorization")
        .doesNotContain("cookie");
    oracles.expect("mallory registration register testservice.v1.Other success -");
    oracles.expect("eve call relay /testservice.v1.Other/Unary success -");
  }

  /** A provider that keeps all the metadata that it is sent. */
  private static final class Looking extends OtherGrpc.OtherImplBase implements ServerInterceptor {
    final AtomicReference<String> seen = new AtomicReference<>("");
    private final AtomicReference<String> caller = new AtomicReference<>("");

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      seen.set(headers.toString());
      caller.set(headers.get(CALLER));
      return next.startCall(call, headers);
    }

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> observer) {
      observer.onNext(EchoResponse.newBuilder().setCaller(caller.get()).build());
      observer.onCompleted();
    }
  }
}
