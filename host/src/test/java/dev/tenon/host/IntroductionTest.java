package dev.tenon.host;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Plugin;
import dev.tenon.core.Refusal;
import dev.tenon.core.SignedGrant;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.OtherGrpc;
import dev.tenon.v1.DirectGrant;
import dev.tenon.v1.DirectMode;
import dev.tenon.v1.EndIntroductionsRequest;
import dev.tenon.v1.EndIntroductionsResponse;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.Health;
import dev.tenon.v1.IntroduceRequest;
import dev.tenon.v1.IntroduceResponse;
import dev.tenon.v1.IntroductionsGrpc;
import dev.tenon.v1.PluginControlGrpc;
import dev.tenon.v1.UpdateDirectRequest;
import dev.tenon.v1.UpdateDirectResponse;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Introductions as plugins ask for them: what they get, what not, and how they end. Row: RT-24. */
final class IntroductionTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String ECHO = EchoGrpc.SERVICE_NAME;
  private static final String OTHER = OtherGrpc.SERVICE_NAME;

  private static final String ROUTED =
      """
      [[provide]]
      plugin = "speaker"
      services = ["testservice.v1.Echo"]
      [[provide]]
      plugin = "inside"
      services = ["testservice.v1.Other"]
      [[rule]]
      id = "all"
      effect = "allow"
      caller = "words"
      service = "*"
      [[rule]]
      id = "recorded"
      effect = "allow"
      caller = "words"
      service = "testservice.v1.Echo"
      method = "ServerStream"
      audit = "call"
      """;

  private static final String DIRECT =
      ROUTED
          + """
          [[rule]]
          id = "direct"
          effect = "allow"
          caller = "words"
          service = "testservice.v1.*"
          direct = true
          """;

  private final Map<String, EnrolResponse> enrolled = new ConcurrentHashMap<>();
  private final Told told = new Told();

  /** What the provider is told by the host. */
  private static final class Told extends PluginControlGrpc.PluginControlImplBase {
    final List<DirectMode> modes = new CopyOnWriteArrayList<>();
    final List<EndIntroductionsRequest> ends = new CopyOnWriteArrayList<>();

    @Override
    public void updateDirect(
        UpdateDirectRequest request, StreamObserver<UpdateDirectResponse> response) {
      modes.add(request.getDirect());
      response.onNext(UpdateDirectResponse.getDefaultInstance());
      response.onCompleted();
    }

    @Override
    public void endIntroductions(
        EndIntroductionsRequest request, StreamObserver<EndIntroductionsResponse> response) {
      ends.add(request);
      response.onNext(EndIntroductionsResponse.getDefaultInstance());
      response.onCompleted();
    }
  }

  private TestHost start(String policy) throws Exception {
    return TestHost.with(policy)
        .set(host -> host.healthPolling(Duration.ofHours(1), Duration.ofSeconds(5)))
        .set(
            host ->
                host.plugin(
                    Plugin.named("inside")
                        .version("1.0.0")
                        .provides(OTHER, context -> new OtherGrpc.OtherImplBase() {})
                        .build()))
        .scripted("words", RawRuntime.Tree.NONE, plugin -> begin("words", plugin))
        .scripted("nobody", RawRuntime.Tree.NONE, plugin -> begin("nobody", plugin))
        .scripted(
            "speaker",
            RawRuntime.Tree.NONE,
            plugin -> {
              enrolled.put("speaker", plugin.enrol(ECHO));
              plugin.serve(told);
              var unused = plugin.register(ECHO);
              plugin.healthy();
            })
        .start();
  }

  private void begin(String name, RawPlugin plugin) {
    enrolled.put(name, plugin.enrol());
    plugin.healthy();
  }

  /** Returns what {@code plugin} was told when it enrolled. */
  private DirectMode direct(String plugin) {
    return requireNonNull(enrolled.get(plugin), plugin).getDirect();
  }

  private static IntroduceRequest.Builder asking(String service, String... methods) {
    return IntroduceRequest.newBuilder().setService(service).addAllMethods(List.of(methods));
  }

  private static IntroduceResponse introduce(RawPlugin plugin, IntroduceRequest.Builder request) {
    return RawPlugin.deadline(IntroductionsGrpc.newBlockingStub(plugin.control(plugin.bearer())))
        .introduce(request.build());
  }

  private static Refused refused(RawPlugin plugin, IntroduceRequest.Builder request) {
    return Refused.by(() -> introduce(plugin, request));
  }

  /** What the caller gets leads to the provider, and the provider can see that the host said so. */
  @Test
  void introduce_allowed_grantIsSignedAndOnRecord() throws Exception {
    try (TestHost host = start(DIRECT)) {
      RawPlugin words = host.plugin("words");
      RawPlugin speaker = host.plugin("speaker");
      IntroduceResponse answer =
          introduce(
              words, asking(ECHO, "Unary", "ServerStream").setProvider("gone-0000000000000000"));

      DirectMode mode = direct("speaker");
      PublicKey key =
          KeyFactory.getInstance("Ed25519")
              .generatePublic(new X509EncodedKeySpec(mode.getGrantKeys(0).toByteArray()));
      SignedGrant signed = SignedGrant.parse(answer.getGrant()).orElseThrow();
      assertThat(signed.isSignedWith(key)).isTrue();
      String id = host.host().id() + "/plugin/";
      assertThat(DirectGrant.parseFrom(signed.grant()))
          .isEqualTo(
              DirectGrant.newBuilder()
                  .setCaller(id + "words/" + words.runtimeId())
                  .setProvider(id + "speaker/" + speaker.runtimeId())
                  .setService(ECHO)
                  .addMethods("Unary") // The other one is to be recorded, call by call.
                  .setIssuedAt(host.clock.instant().getEpochSecond())
                  .setExpiresAt(host.clock.instant().getEpochSecond() + 60)
                  .setSerial(answer.getSerial())
                  .build());
      assertThat(answer.getMethodsList()).containsExactly("Unary");
      assertThat(answer.getProviderId()).isEqualTo(id + "speaker/" + speaker.runtimeId());
      assertThat(answer.getAddress()).isEqualTo(speaker.bootstrap.listen().toString());
      assertThat(answer.getTrustBundleList()).isEqualTo(mode.getCallerAuthoritiesList());
      assertThat(host.audit.text())
          .contains(
              "\"introduction\"", "\"introduce\"", answer.getSerial(), "\"rules\":\"direct\"");

      assertThat(direct("words").getCalls()).isTrue();
      assertThat(direct("words").getGrantKeysCount()).isZero();
      assertThat(direct("nobody")).isEqualTo(DirectMode.getDefaultInstance());
    }
  }

  /**
   * Who may not call the service, who may but only through the host, and who asks for what there is
   * not, all get one answer. Denies: Introductions/Introduce NOT_ALLOWED, UNAVAILABLE,
   * OUT_OF_REACH.
   */
  @Test
  void introduce_notAllowedOrNotPossible_refused() throws Exception {
    try (TestHost host = start(DIRECT)) {
      RawPlugin words = host.plugin("words");
      Refused forbidden = refused(host.plugin("nobody"), asking(ECHO, "Unary"));

      assertThat(forbidden.is(Refusal.NOT_ALLOWED)).isTrue();
      assertThat(refused(host.plugin("nobody"), asking("a.b.C", "Unary"))).isEqualTo(forbidden);
      assertThat(refused(words, asking(ECHO, "ServerStream"))).isEqualTo(forbidden);
      assertThat(refused(words, asking("acme.Far", "Get"))).isEqualTo(forbidden);
      assertThat(host.audit.denials("introduction")).containsOnly("no rule with direct = true");
      assertThat(refused(words, asking("testservice.v1.Absent", "Get")).is(Refusal.UNAVAILABLE))
          .isTrue();

      Refused inside = refused(words, asking(OTHER, "Unary"));
      assertThat(inside.is(Refusal.OUT_OF_REACH)).isTrue();
      assertThat(inside.text()).contains("inside, isolated as none").contains("through the host");
      for (IntroduceRequest.Builder malformed :
          List.of(
              asking("no service", "Unary"),
              asking(ECHO),
              asking(ECHO, "a/b"),
              asking(ECHO, "Unary", "Unary"),
              asking(ECHO, "A B C D E F G H I J K L M N O P Q".split(" ")),
              asking(ECHO, "Unary").setProvider("speaker"))) {
        assertThat(refused(words, malformed).is(Refusal.INVALID_REQUEST)).isTrue();
      }
    }
  }

  /** Off by default: without a rule that says so nobody is introduced, or told of anything. */
  @Test
  void introduce_withoutDirectRule_isOff() throws Exception {
    try (TestHost host = start(ROUTED)) {
      assertThat(refused(host.plugin("words"), asking(ECHO, "Unary")).is(Refusal.NOT_ALLOWED))
          .isTrue();
      assertThat(enrolled.values())
          .extracting(EnrolResponse::getDirect)
          .containsOnly(DirectMode.getDefaultInstance());
    }
  }

  /** What cannot be recorded is not granted. Denies: Introductions/Introduce INTERNAL. */
  @Test
  void introduce_cannotBeRecorded_internal() throws Exception {
    try (TestHost host = start(DIRECT)) {
      host.hooked().failFrom("introduce");
      assertThat(refused(host.plugin("words"), asking(ECHO, "Unary")).is(Refusal.INTERNAL))
          .isTrue();
    }
  }

  /** Denies: Introductions/Introduce LIMIT_REACHED. */
  @Test
  void introduce_moreThanTheHostKeeps_limitReached() throws Exception {
    try (TestHost host = start(DIRECT)) {
      RawPlugin words = host.plugin("words");
      for (int i = 0; i < 256; i++) {
        var unused = introduce(words, asking(ECHO, "Unary"));
      }
      assertThat(refused(words, asking(ECHO, "Unary")).is(Refusal.LIMIT_REACHED)).isTrue();

      host.clock.advance(Duration.ofSeconds(61));
      await()
          .atMost(SOON)
          .ignoreExceptionsInstanceOf(StatusRuntimeException.class) // until it has looked
          .until(() -> introduce(words, asking(ECHO, "Unary")).getMethodsCount() == 1);
    }
  }

  /** The provider is told when the caller has lost its right, or is gone, and when it is off. */
  @Test
  void end_callerIsRevokedOrRuleIsGone_providerIsTold() throws Exception {
    try (TestHost host = start(DIRECT)) {
      RawPlugin words = host.plugin("words");
      String first = introduce(words, asking(ECHO, "Unary")).getSerial();
      host.host().policy().replace(Policy.parse(ROUTED), "test");
      await().atMost(SOON).until(() -> !told.ends.isEmpty());
      assertThat(told.ends.get(0).getSerialsList()).containsExactly(first);
      assertThat(told.ends.get(0).getCut()).isTrue();
      await().atMost(SOON).until(() -> !told.modes.isEmpty());
      assertThat(told.modes.get(0)).isEqualTo(DirectMode.getDefaultInstance());
      assertThat(host.audit.text()).contains("\"end\"", "does not allow it any more");

      host.host().policy().replace(Policy.parse(DIRECT), "test");
      await().atMost(SOON).until(() -> told.modes.size() == 2);
      assertThat(told.modes.get(1)).isEqualTo(direct("speaker"));
      String second = introduce(words, asking(ECHO, "Unary")).getSerial();
      host.host().revoke(words.bootstrap.runtimeId());
      await().atMost(SOON).until(() -> told.ends.size() == 2);
      assertThat(told.ends.get(1).getSerialsList()).containsExactly(second);
      assertThat(told.ends.get(1).getCut()).isTrue();
    }
  }

  /** A provider that takes no new calls gets none, and keeps those that it has. */
  @Test
  void end_providerIsUnhealthy_providerIsToldAndOpenCallsAreKept() throws Exception {
    try (TestHost host = start(DIRECT)) {
      RawPlugin words = host.plugin("words");
      String serial = introduce(words, asking(ECHO, "Unary")).getSerial();
      host.plugin("speaker").report(Health.HEALTH_UNHEALTHY);

      await().atMost(SOON).until(() -> !told.ends.isEmpty());
      assertThat(told.ends.get(0).getSerialsList()).containsExactly(serial);
      assertThat(told.ends.get(0).getCut()).isFalse();
      assertThat(refused(words, asking(ECHO, "Unary")).is(Refusal.UNAVAILABLE)).isTrue();
    }
  }
}
