package dev.tenon.router;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.core.Health;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.registry.HostClaims;
import dev.tenon.registry.OtherHost;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one host lets another relay to it, and what that may say of its callers. */
final class OtherHostCallsTest {
  private static final String STAMP = "tenon-caller";
  private static final String CALLER = OtherWire.CALLER.toString();
  private static final Duration SOON = Duration.ofSeconds(60);

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

  private static EchoResponse call(Channel channel) {
    return EchoGrpc.newBlockingStub(channel)
        .withDeadlineAfter(SOON.toSeconds(), TimeUnit.SECONDS)
        .unary(EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8("x")).build());
  }

  private static Status.Code refusal(Channel channel) {
    try {
      throw new AssertionError("answered: " + call(channel));
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  private Channel stamped(String... stamps) {
    Channel channel = other.link();
    for (String stamp : stamps) {
      channel = Plane.with(channel, STAMP, stamp);
    }
    return channel;
  }

  /**
   * The provider learns who calls, and both hosts have it on record, each with the other's name.
   */
  @Test
  void call_ofPluginBehindOtherHost_isDecidedHereAndOnRecordOnBothSides() {
    assertThat(call(other.caller()).getPayload().toStringUtf8()).isEqualTo("x");

    Metadata seen = requireNonNull(provider.lastHeaders);
    assertThat(seen.getAll(MetadataRules.CALLER)).containsExactly(CALLER);
    assertThat(other.audit.events())
        .anySatisfy(
            event -> {
              assertThat(event.action()).isEqualTo("relay");
              assertThat(event.actor()).isEqualTo(Names.CALLER.value());
              assertThat(event.details()).containsEntry("provider", Names.HOST.toString());
            });
    assertThat(wire.audit.events())
        .anySatisfy(
            event -> {
              assertThat(event.action()).isEqualTo("relay");
              assertThat(event.actor()).isEqualTo(Names.CALLER + "@host-a");
              assertThat(event.details())
                  .containsEntry("rule", "echo-from-a")
                  .containsEntry("provider", Names.WORDS_2.value());
            });
    assertThat(wire.router.calls()).extracting(CallCount::caller).containsExactly("@host-a");
    assertThat(other.router.calls())
        .extracting(CallCount::provider)
        .containsExactly("@" + Names.HOST.host());
  }

  /**
   * A name is not enough: rules for the own {@code stranger}, or for all, mean nobody else's.
   *
   * <p>Denies: hosts NOT_ALLOWED, POLICY_NO_RULE.
   */
  @Test
  void call_ofCallerThatNoRuleOfThisHostNames_isDenied() {
    SpiffeId stranger = new SpiffeId.OfPlugin(OtherWire.A, Names.STRANGER);

    assertThat(refusal(stamped(stranger.toString()))).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(refusal(stamped(OtherWire.A.toString()))).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(provider.calls).hasValue(0);
    assertThat(wire.audit.events())
        .anySatisfy(
            event -> {
              assertThat(event.action()).isEqualTo("refuse");
              assertThat(event.actor()).isEqualTo(Names.STRANGER + "@host-a");
            });
  }

  /** Denies: hosts CREDENTIAL_FOREIGN, CREDENTIAL_MALFORMED. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "spiffe://TD/host/host-c/plugin/caller/RUN",
        "spiffe://TD/host/host-c",
        "spiffe://other.test/host/host-a/plugin/caller/RUN",
        "spiffe://TD/host/host-a/admin/caller",
        "spiffe://TD/host/HOST/plugin/caller/RUN",
        "caller"
      })
  void call_callerThatIsNotBelowTheOtherHost_isRefused(String stamp) {
    String full =
        stamp
            .replace("TD", Names.TRUST_DOMAIN.toString())
            .replace("HOST", Names.HOST.host())
            .replace("RUN", Names.CALLER.value());

    assertThat(refusal(stamped(full))).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(provider.calls).hasValue(0);
    assertThat(wire.audit.events())
        .anySatisfy(
            event -> {
              assertThat(event.event()).isEqualTo("authentication");
              assertThat(event.actor()).isEqualTo("host@host-a");
            });
  }

  /** Denies: hosts NOT_AUTHENTICATED, CREDENTIAL_MISSING, CREDENTIAL_DUPLICATE. */
  @Test
  void call_noCallerOrTwo_isRefused() {
    assertThat(refusal(stamped())).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(refusal(stamped(CALLER, CALLER))).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(provider.calls).hasValue(0);
  }

  /**
   * Two registries that point at each other: the second host has no second hop to give.
   *
   * <p>Denies: hosts UNAVAILABLE, NOT_FOUND.
   */
  @Test
  void call_providerBehindYetAnotherHost_endsHere() throws Exception {
    wire.registry.remove(Names.WORDS_2);
    wire.registry.believe((host, claim) -> true);
    wire.registry.put(
        new HostClaims(
            new OtherHost(OtherWire.A, other.wireHost.endpoint()),
            List.of(Names.claim(Names.WORDS, Names.ECHO)),
            Map.of(Names.WORDS, Health.HEALTHY)));
    assertThat(wire.registry.choose(Names.ECHO).provider()).isEqualTo(Names.WORDS);

    assertThat(refusal(other.caller())).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(refusal(Plane.with(stamped(CALLER), "tenon-to", Names.WORDS.value())))
        .isEqualTo(Status.Code.NOT_FOUND);
    assertThat(wire.router.calls()).isEmpty();
  }

  @Test
  void call_withTarget_reachesThatRunThere() throws Exception {
    EchoProvider first = new EchoProvider();
    wire.provide(Names.WORDS, Names.ECHO, first);

    var unused = call(Plane.with(other.caller(), "tenon-to", Names.WORDS_2.value()));

    assertThat(first.calls).hasValue(0);
    assertThat(provider.calls).hasValue(1);
    assertThat(refusal(Plane.with(other.caller(), "tenon-to", Names.WORDS.value())))
        .isEqualTo(Status.Code.NOT_FOUND); // this host has not heard of it
  }

  /**
   * The wire's host offers a service of its own: for its plugins.
   *
   * <p>Denies: hosts NOT_PROVIDED.
   */
  @Test
  void call_serviceOfTheOtherHostItself_isNotProvided() throws Exception {
    EchoProvider offered = new EchoProvider();
    try (Wire offering = new Wire(HostServices.builder().offer(offered, Names.VERSION).start());
        OtherWire calling = new OtherWire(offering)) {
      assertThat(refusal(calling.caller())).isEqualTo(Status.Code.UNIMPLEMENTED);
    }
    assertThat(offered.calls).hasValue(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tenon.v1.Admin/ListPlugins",
        "tenon.v1.Registry/Register",
        "tenon.v1.Grants/Request",
        "grpc.health.v1.Health/Check",
        "grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
      })
  void call_reservedService_isNotProvided(String method) {
    assertThat(Plane.refusal(stamped(CALLER), method).getStatus().getCode())
        .isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  /** What a host says beside {@code tenon-caller} and {@code tenon-to} counts no more than ever. */
  @Test
  void call_otherReservedMetadata_doesNotReachTheProvider() {
    var unused =
        call(
            Plane.with(
                stamped(CALLER), "tenon-granted", "x", "authorization", "Bearer y", "x-app", "z"));

    Metadata seen = requireNonNull(provider.lastHeaders);
    assertThat(seen.keys()).contains("x-app").doesNotContain("tenon-granted", "authorization");
  }

  /** A plugin of the other host cannot pass for another: its own host writes over what it says. */
  @Test
  void call_pluginForgesItsName_isCalledWhatItIs() {
    String forged = new SpiffeId.OfPlugin(OtherWire.A, Names.STRANGER).toString();

    var unused = call(Plane.with(other.caller(), STAMP, forged));

    assertThat(requireNonNull(provider.lastHeaders).getAll(MetadataRules.CALLER))
        .containsExactly(CALLER);
  }

  /** It is this host that is not known there, and not its plugin, which must not renew for it. */
  @Test
  void call_hostListedNoMore_isUnavailableToItsPlugin() {
    assertThat(call(other.caller()).getPayload().toStringUtf8()).isEqualTo("x");

    other.refusal = Optional.of(Why.UNLISTED);

    assertThat(refusal(other.caller())).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(refusal(stamped(CALLER))).isEqualTo(Status.Code.UNAUTHENTICATED);
  }

  /** Denies: hosts NOT_AUTHENTICATED, CREDENTIAL_UNLISTED. */
  @Test
  void connect_hostNotListed_isRefusedAndEnded() {
    other.refusal = Optional.of(Why.UNLISTED);

    assertThat(refusal(stamped(CALLER))).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(other.refusedConnections).contains(Why.UNLISTED);
  }

  /** Open streams end with their connection when a host is listed no more. */
  @Test
  void recheck_hostListedNoMore_endsItsConnections() {
    Answers answers = new Answers(Integer.MAX_VALUE);
    var requests = EchoGrpc.newStub(stamped(CALLER)).bidi(answers);
    requests.onNext(EchoRequest.getDefaultInstance());
    await().atMost(SOON).until(() -> answers.messages().size() == 1);

    other.refusal = Optional.of(Why.UNLISTED);
    other.admission.recheck();

    assertThat(answers.failure().getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    await().atMost(SOON).until(() -> provider.cancelled.get() > 0);
  }

  /**
   * A connection that was made in time does not outlive the certificate it was made with.
   *
   * <p>Denies: hosts CREDENTIAL_EXPIRED.
   */
  @Test
  void call_certificateExpiredMeanwhile_isRefused() {
    assertThat(call(stamped(CALLER)).getPayload().toStringUtf8()).isEqualTo("x");

    wire.ahead.set(Duration.ofDays(2));

    assertThat(refusal(stamped(CALLER))).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(wire.audit.events())
        .anySatisfy(event -> assertThat(event.details()).containsEntry("reason", "expired"));
  }

  /** Somebody else at the address that the registry gives, with a genuine certificate. */
  @Test
  void call_wrongHostAtTheAddress_isUnavailable() throws Exception {
    SpiffeId.OfHost c = new SpiffeId.OfHost(Names.TRUST_DOMAIN, "host-c");
    try (OtherWire misled = new OtherWire(wire, c)) {
      assertThat(refusal(misled.caller())).isEqualTo(Status.Code.UNAVAILABLE);
    }
    assertThat(provider.calls).hasValue(0);
  }

  /** The claims of an unknown host lead nowhere, even if the registry believes them. */
  @Test
  void call_hostWithoutLink_isUnavailable() throws Exception {
    try (Plane plane = new Plane()) {
      plane.registry.remove(Names.WORDS);
      plane.registry.believe((host, claim) -> true);
      SpiffeId.OfHost d = new SpiffeId.OfHost(new TrustDomain("example.test"), "host-d");
      plane.registry.put(
          new HostClaims(
              new OtherHost(d, "tcp:127.0.0.1:1"),
              List.of(Names.claim(Names.WORDS_2, Names.ECHO)),
              Map.of(Names.WORDS_2, Health.HEALTHY)));

      assertThatThrownBy(() -> Plane.call(plane.channel(Names.CALLER)))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    }
  }
}
