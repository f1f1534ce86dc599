package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.tenon.core.Caller;
import dev.tenon.core.Grant;
import dev.tenon.core.GrantLimits;
import dev.tenon.core.Refusal;
import dev.tenon.core.RuntimeId;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.GrantRequest;
import dev.tenon.v1.GrantResponse;
import dev.tenon.v1.GrantsGrpc;
import dev.tenon.v1.Health;
import dev.tenon.v1.OfferedService;
import dev.tenon.v1.RefreshGrantRequest;
import dev.tenon.v1.RefreshGrantResponse;
import dev.tenon.v1.ReleaseGrantRequest;
import dev.tenon.v1.Requirement;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Services of the host that are offered by grant, over real connections. {@code words} may call
 * both, {@code thief} the first, {@code nobody} none.
 */
class GrantTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String ECHO = EchoGrpc.SERVICE_NAME;
  private static final String OTHER = OtherGrpc.SERVICE_NAME;
  private static final String POLICY =
      """
      [[rule]]
      id = "words"
      effect = "allow"
      caller = "words"
      service = "testservice.v1.*"
      [[rule]]
      id = "thief"
      effect = "allow"
      caller = "thief"
      service = "testservice.v1.*"
      [[grant]]
      caller = "words"
      service = "testservice.v1.Echo"
      permissions = ["secrets:read:db/*", "secrets:list:app/*"]
      """;

  private final OpenEcho echo = new OpenEcho();
  private final Vault vault = new Vault();

  /** Answers with what the grant allows it to read, by the payload; says who called. */
  private static final class Vault extends OtherGrpc.OtherImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      String caller = Caller.current().map(Caller::name).orElse("nobody");
      String grant = Grant.current().map(Grant::id).orElse("none");
      response.onNext(
          EchoResponse.newBuilder()
              .setPayload(ByteString.copyFromUtf8(caller + " " + grant))
              .build());
      response.onCompleted();
    }
  }

  /**
   * Returns a host that asks nobody for health: these plugins do not serve, and would lose grants.
   */
  private static TestHost calm() throws Exception {
    return TestHost.with(POLICY)
        .set(host -> host.healthPolling(Duration.ofHours(1), Duration.ofSeconds(5)));
  }

  private TestHost start(Consumer<HostBuilder> settings) throws Exception {
    return calm()
        .set(host -> host.offersByGrant(ECHO, "1.2.0", echo))
        .set(host -> host.offersByGrant(OTHER, "1.0.0", vault))
        .set(settings)
        .enrolled("words")
        .enrolled("thief")
        .enrolled("nobody")
        .start();
  }

  private TestHost start() throws Exception {
    return start(host -> {});
  }

  private static EchoResponse call(Channel channel) {
    return RawPlugin.deadline(EchoGrpc.newBlockingStub(channel))
        .unary(EchoRequest.getDefaultInstance());
  }

  private static Refused refused(Channel channel) {
    return Refused.by(() -> call(channel));
  }

  private static GrantRequest.Builder asking(String service) {
    return GrantRequest.newBuilder().setService(service);
  }

  /**
   * The answer to an enrolment names the services of the host that the plugin may call, with their
   * versions, and says that they need a grant.
   *
   * <p>Row: CG-1
   */
  @Test
  void enrol_whoMayCallThem_isToldWhatNeedsAGrant() throws Exception {
    List<EnrolResponse> answers = new ArrayList<>();
    try (TestHost host =
        calm()
            .set(builder -> builder.offersByGrant(ECHO, "1.2.0", echo))
            .set(builder -> builder.offers(OTHER, vault))
            .scripted(
                "words",
                RawRuntime.Tree.NONE,
                plugin -> {
                  answers.add(plugin.enrol());
                  plugin.healthy();
                })
            .scripted(
                "nobody",
                RawRuntime.Tree.NONE,
                plugin -> {
                  answers.add(0, plugin.enrol());
                  plugin.healthy();
                })
            .start()) {
      assertThat(answers)
          .flatExtracting(EnrolResponse::getHostServicesList)
          .containsExactlyInAnyOrder(
              OfferedService.newBuilder()
                  .setService(ECHO)
                  .setVersion("1.2.0")
                  .setByGrant(true)
                  .build(),
              OfferedService.newBuilder().setService(OTHER).setVersion("1.0.0").build());
      var unused =
          RawPlugin.deadline(OtherGrpc.newBlockingStub(host.plugin("words").dataWith()))
              .unary(EchoRequest.getDefaultInstance());
    }
  }

  /**
   * A grant brings id, token, version, end and permissions, and opens the service; its reason is on
   * record before, and its token nowhere.
   *
   * <p>Row: CG-2, CG-15, TK-16
   */
  @Test
  void request_allowed_opensTheServiceAndIsOnRecord() throws Exception {
    try (TestHost host = start()) {
      RawPlugin words = host.plugin("words");
      GrantResponse grant =
          words
              .grants()
              .request(asking(ECHO).setMinVersion("1.1.0").setReason("to say so").build());

      assertThat(grant.getGrantId()).matches("[0-9a-f]{32}");
      assertThat(grant.getGrantToken()).matches("tng_[A-Za-z0-9_-]{43}");
      assertThat(grant.getVersion()).isEqualTo("1.2.0");
      assertThat(grant.getExpires().getSeconds())
          .isEqualTo(host.clock.instant().plus(Duration.ofHours(1)).getEpochSecond());
      assertThat(grant.getPermissionsList())
          .containsExactlyInAnyOrder("secrets:read:db/*", "secrets:list:app/*");
      var unused = call(words.dataWith(RawPlugin.shown(grant)));
      assertThat(host.host().grants().list())
          .singleElement()
          .satisfies(
              status -> {
                assertThat(status.id()).isEqualTo(grant.getGrantId());
                assertThat(status.holder()).hasToString(words.runtimeId());
                assertThat(status.service()).hasToString(ECHO);
                assertThat(status.permissions()).hasSize(2);
              });
      assertThat(host.audit.entries())
          .contains(
              new AuditTrail.Entry(
                  "grant", words.runtimeId(), "issue", ECHO, "success", "to say so"));
      assertThat(host.audit.text())
          .contains(grant.getGrantId())
          .doesNotContain(grant.getGrantToken().substring(4, 13));
    }
  }

  /**
   * Unknown, not offered by grant, and not allowed are one answer; too low a version, more than the
   * policy gives, and a malformed field are others. Each is on record, and nothing is given.
   *
   * <p>Row: CG-2, CG-3, CG-4.
   *
   * <p>Denies: Grants/Request NOT_FOUND, VERSION_NOT_OFFERED, NOT_ALLOWED.
   */
  @Test
  void request_refused_oneAnswerForUnknownAndForbidden() throws Exception {
    try (TestHost host = start()) {
      RawPlugin words = host.plugin("words");
      Refused unknown = Refused.by(() -> words.grant("testservice.v1.Nowhere"));
      Refused forbidden = Refused.by(() -> host.plugin("nobody").grant(ECHO));
      assertThat(unknown.is(Refusal.NOT_FOUND)).isTrue();
      assertThat(forbidden).isEqualTo(unknown);
      assertThat(host.audit.denials("grant"))
          .containsExactly("not offered by grant", "not allowed by the policy");

      Refused above =
          Refused.by(() -> words.grants().request(asking(ECHO).setMinVersion("1.2.1").build()));
      assertThat(above.is(Refusal.VERSION_NOT_OFFERED)).isTrue();
      assertThat(above.text()).contains("1.2.0").contains("1.2.1");
      assertThat(
              Refused.by(
                      () ->
                          words
                              .grants()
                              .request(asking(ECHO).addPermissions("secrets:read:*").build()))
                  .is(Refusal.NOT_ALLOWED))
          .isTrue();
      for (GrantRequest.Builder malformed :
          List.of(
              asking("no service"),
              asking(ECHO).setMinVersion("x"),
              asking(ECHO).setReason("a".repeat(1025)),
              asking(ECHO).setReason("two\nlines"),
              asking(ECHO).addPermissions("secrets"),
              asking(ECHO).addPermissions("a:b:c").addPermissions("a:b:c"))) {
        assertThat(
                Refused.by(() -> words.grants().request(malformed.build()))
                    .is(Refusal.INVALID_REQUEST))
            .isTrue();
      }
      assertThat(
              Refused.by(() -> tokenless(words).request(asking(ECHO).build()))
                  .is(Refusal.NOT_AUTHENTICATED))
          .isTrue();
      assertThat(host.host().grants().size()).isZero();
    }
  }

  private static GrantsGrpc.GrantsBlockingStub tokenless(RawPlugin plugin) {
    return RawPlugin.deadline(GrantsGrpc.newBlockingStub(plugin.control()));
  }

  /**
   * Without a good grant of this service, the same refusal whatever is wrong, and the service is
   * not touched; who may not call it at all hears of no grant.
   *
   * <p>Row: CG-5, RT-3.
   *
   * <p>Denies: data GRANT_NOT_ACCEPTED, GRANT_MISSING, GRANT_MALFORMED, GRANT_WRONG_TOKEN,
   * GRANT_UNKNOWN, GRANT_OTHER_SERVICE, GRANT_DUPLICATE.
   */
  @Test
  void call_withoutAGoodGrant_refusedBeforeTheService() throws Exception {
    try (TestHost host = start()) {
      RawPlugin words = host.plugin("words");
      GrantResponse good = words.grant(ECHO);
      GrantResponse other = words.grant(OTHER);
      Refused none = refused(words.dataWith());
      assertThat(none.code()).isEqualTo(Code.UNAUTHENTICATED);
      assertThat(none.is(Refusal.GRANT_NOT_ACCEPTED)).isTrue();
      for (String[] shown :
          new String[][] {
            {""},
            {good.getGrantToken()},
            {good.getGrantId() + " " + other.getGrantToken()},
            {"0".repeat(32) + " " + good.getGrantToken()},
            {RawPlugin.shown(other)},
            {RawPlugin.shown(good), RawPlugin.shown(good)},
            {RawPlugin.shown(good) + " "}
          }) {
        assertThat(refused(words.dataWith(shown))).isEqualTo(none);
      }
      Refused noRight = refused(host.plugin("nobody").dataWith(RawPlugin.shown(good)));
      assertThat(noRight.is(Refusal.NOT_ALLOWED)).isTrue();
      assertThat(noRight).isEqualTo(refused(host.plugin("nobody").dataWith()));
      assertThat(host.audit.denials("call"))
          .contains(
              "grant missing",
              "grant malformed",
              "grant wrong token",
              "grant unknown",
              "grant other service",
              "grant duplicate",
              "no rule");
      assertThat(host.audit.entries())
          .as("the service was called")
          .noneMatch(entry -> entry.action().equals("relay"));
      var unused = call(words.dataWith(RawPlugin.shown(good)));
    }
  }

  /**
   * A stolen grant opens nothing to another plugin, although that may call the service too.
   *
   * <p>Row: CG-3.
   *
   * <p>Denies: data GRANT_FOREIGN. Denies: Grants/Refresh, Grants/Release NOT_FOUND.
   */
  @Test
  void call_stolenGrant_permissionDenied() throws Exception {
    try (TestHost host = start()) {
      GrantResponse words = host.plugin("words").grant(ECHO);
      RawPlugin thief = host.plugin("thief");
      GrantResponse own = thief.grant(ECHO);
      assertThat(refused(thief.dataWith(RawPlugin.shown(words))).is(Refusal.NOT_ALLOWED)).isTrue();
      assertThat(host.audit.denials("call")).containsExactly("grant foreign");
      ReleaseGrantRequest release =
          ReleaseGrantRequest.newBuilder().setGrantId(words.getGrantId()).build();
      RefreshGrantRequest refresh =
          RefreshGrantRequest.newBuilder().setGrantId(words.getGrantId()).build();
      Refused unknown =
          Refused.by(
              () -> thief.grants().release(release.toBuilder().setGrantId("0".repeat(32)).build()));
      assertThat(unknown.is(Refusal.NOT_FOUND)).isTrue();
      assertThat(Refused.by(() -> thief.grants().release(release))).isEqualTo(unknown);
      assertThat(Refused.by(() -> thief.grants().refresh(refresh))).isEqualTo(unknown);
      var unused = call(thief.dataWith(RawPlugin.shown(own)));
    }
  }

  /**
   * The service sees who calls with which grant, and nothing that the caller writes; the token goes
   * no further than the router. Calls of the host need none.
   *
   * <p>Row: RT-7
   */
  @Test
  void call_stampsOfTheCaller_areNotBelieved() throws Exception {
    try (TestHost host = start()) {
      RawPlugin words = host.plugin("words");
      GrantResponse grant = words.grant(OTHER);
      Metadata forged = new Metadata();
      forged.put(
          Metadata.Key.of("tenon-granted", Metadata.ASCII_STRING_MARSHALLER),
          "forged secrets:read:*");
      EchoResponse answer =
          RawPlugin.deadline(
                  OtherGrpc.newBlockingStub(
                      ClientInterceptors.intercept(
                          words.dataWith(RawPlugin.shown(grant)),
                          MetadataUtils.newAttachHeadersInterceptor(forged))))
              .unary(EchoRequest.getDefaultInstance());
      assertThat(answer.getPayload().toStringUtf8()).isEqualTo("words " + grant.getGrantId());
    }
  }

  /**
   * A grant of a second works until then and not after, and is forgotten without a further use.
   *
   * <p>Row: CG-6, TK-4
   */
  @Test
  void call_afterTheEndOfTheGrant_refusedAndForgotten() throws Exception {
    GrantLimits second = new GrantLimits(Duration.ofSeconds(1), 10, 100);
    try (TestHost host = start(builder -> builder.grantLimits(second))) {
      RawPlugin words = host.plugin("words");
      Channel shown = words.dataWith(RawPlugin.shown(words.grant(ECHO)));
      OpenStream<EchoResponse> stream = new OpenStream<>();
      EchoGrpc.newStub(shown).serverStream(EchoRequest.getDefaultInstance(), stream);
      await().atMost(SOON).until(() -> echo.open.get() == 1);
      host.clock.advance(Duration.ofMillis(1100));

      assertThat(refused(shown).is(Refusal.GRANT_NOT_ACCEPTED)).isTrue();
      await().atMost(SOON).until(() -> host.host().grants().size() == 0);
      await().atMost(SOON).until(stream::hasEnded);
      assertThat(stream.end().getCode()).isEqualTo(Code.UNAUTHENTICATED);
      await().atMost(SOON).until(() -> echo.open.get() == 0);
    }
  }

  /**
   * From the return on, a revoked grant opens nothing, and its open calls end; others go on.
   *
   * <p>Row: CG-7
   */
  @Test
  void revoke_whileCallsAreOpen_endsThemAndTheGrant() throws Exception {
    try (TestHost host = start()) {
      RawPlugin words = host.plugin("words");
      GrantResponse one = words.grant(ECHO);
      GrantResponse two = words.grant(ECHO);
      List<OpenStream<?>> under = OpenStream.ofEachKind(words.dataWith(RawPlugin.shown(one)));
      List<OpenStream<?>> beside = OpenStream.ofEachKind(words.dataWith(RawPlugin.shown(two)));
      await().atMost(SOON).until(() -> echo.open.get() == 8);

      host.host().grants().revoke(one.getGrantId());

      assertThat(refused(words.dataWith(RawPlugin.shown(one))).is(Refusal.GRANT_NOT_ACCEPTED))
          .isTrue();
      await().atMost(SOON).until(() -> under.stream().allMatch(OpenStream::hasEnded));
      assertThat(under)
          .allSatisfy(call -> assertThat(call.end().getCode()).isEqualTo(Code.UNAUTHENTICATED));
      await().atMost(SOON).until(() -> echo.open.get() == 4);
      assertThat(beside).noneMatch(OpenStream::hasEnded);

      host.host().grants().revokeAll(new RuntimeId(words.runtimeId()));
      assertThat(refused(words.dataWith(RawPlugin.shown(two))).is(Refusal.GRANT_NOT_ACCEPTED))
          .isTrue();
      await().atMost(SOON).until(() -> beside.stream().allMatch(OpenStream::hasEnded));
      assertThat(
              host.audit.entries().stream()
                  .filter(entry -> entry.action().equals("revoke"))
                  .map(AuditTrail.Entry::actor))
          .containsExactly("host", "host");
      var unused = call(words.dataWith(RawPlugin.shown(words.grant(ECHO))));
    }
  }

  /**
   * Grants end when their run becomes unhealthy, and when it ends.
   *
   * <p>Row: CG-7
   */
  @Test
  void grants_ofAnUnhealthyOrEndedRun_areGone() throws Exception {
    try (TestHost host = start()) {
      RawPlugin words = host.plugin("words");
      GrantResponse first = words.grant(ECHO);
      words.report(Health.HEALTH_UNHEALTHY);
      assertThat(refused(words.dataWith(RawPlugin.shown(first))).is(Refusal.GRANT_NOT_ACCEPTED))
          .isTrue();
      words.healthy();
      words.grant(ECHO);
      host.plugin("thief").grant(ECHO);
      host.host().revoke(new RuntimeId(words.runtimeId()));
      assertThat(host.host().grants().list())
          .singleElement()
          .satisfies(
              left -> assertThat(left.holder()).hasToString(host.plugin("thief").runtimeId()));
    }
  }

  /**
   * Released, a grant is gone; refreshed, it has a new token and a whole life, and no call fails in
   * between. Both are on record.
   *
   * <p>Row: CG-8
   */
  @Test
  void releaseAndRefresh_ownGrant_takeEffect() throws Exception {
    try (TestHost host = start()) {
      RawPlugin words = host.plugin("words");
      GrantResponse grant = words.grant(ECHO);
      host.clock.advance(Duration.ofMinutes(30));
      RefreshGrantResponse next =
          words
              .grants()
              .refresh(RefreshGrantRequest.newBuilder().setGrantId(grant.getGrantId()).build());
      assertThat(next.getExpires().getSeconds() - grant.getExpires().getSeconds()).isEqualTo(1800);
      var unused = call(words.dataWith(RawPlugin.shown(grant)));
      host.clock.advance(Duration.ofMinutes(5));
      assertThat(refused(words.dataWith(RawPlugin.shown(grant))).code())
          .isEqualTo(Code.UNAUTHENTICATED);
      unused = call(words.dataWith(grant.getGrantId() + " " + next.getGrantToken()));

      var released =
          words
              .grants()
              .release(ReleaseGrantRequest.newBuilder().setGrantId(grant.getGrantId()).build());
      assertThat(released.getSerializedSize()).isZero();
      assertThat(refused(words.dataWith(grant.getGrantId() + " " + next.getGrantToken())).code())
          .isEqualTo(Code.UNAUTHENTICATED);
      assertThat(host.host().grants().size()).isZero();
      assertThat(host.audit.entries().stream().map(AuditTrail.Entry::action))
          .contains("refresh", "release");
    }
  }

  /**
   * One run, and all runs, get so many grants and no more; those that live stay good.
   *
   * <p>Row: CG-14.
   *
   * <p>Denies: Grants/Request LIMIT_REACHED.
   */
  @Test
  void request_beyondTheLimit_resourceExhausted() throws Exception {
    GrantLimits few = new GrantLimits(Duration.ofHours(1), 3, 4);
    try (TestHost host = start(builder -> builder.grantLimits(few))) {
      RawPlugin words = host.plugin("words");
      GrantResponse first = words.grant(ECHO);
      words.grant(ECHO);
      words.grant(OTHER);
      assertThat(Refused.by(() -> words.grant(ECHO)).is(Refusal.LIMIT_REACHED)).isTrue();
      host.plugin("thief").grant(ECHO);
      assertThat(Refused.by(() -> host.plugin("thief").grant(ECHO)).is(Refusal.LIMIT_REACHED))
          .isTrue();
      assertThat(host.host().grants().size()).isEqualTo(4);
      var unused = call(words.dataWith(RawPlugin.shown(first)));
    }
  }

  /**
   * A plugin that cannot do without a version that the host, the only one to offer the service,
   * does not have is refused when it enrols, with a text that names both.
   *
   * <p>Row: CG-10.
   *
   * <p>Denies: Enrolment/Enrol REQUIREMENT_MISSING.
   */
  @Test
  void enrol_requiredVersionNotOffered_failedPrecondition() throws Exception {
    List<Refused> refused = new ArrayList<>();
    try (TestHost host =
        calm()
            .set(builder -> builder.offersByGrant(ECHO, "1.2.0", echo))
            .scripted(
                "words",
                RawRuntime.Tree.NONE,
                plugin -> {
                  Requirement needed =
                      Requirement.newBuilder()
                          .setService(ECHO)
                          .setVersionRange(">=2.0.0")
                          .setOptional(false)
                          .build();
                  refused.add(
                      Refused.by(
                          () -> plugin.enrol(plugin.enrolRequest().addRequires(needed).build())));
                })
            .scripted(
                "thief",
                RawRuntime.Tree.NONE,
                plugin -> {
                  Requirement optional =
                      Requirement.newBuilder()
                          .setService(ECHO)
                          .setVersionRange(">=2.0.0")
                          .setOptional(true)
                          .build();
                  plugin.enrol(plugin.enrolRequest().addRequires(optional).build());
                  plugin.healthy();
                })
            .begin()) {
      await().atMost(SOON).until(() -> !refused.isEmpty());
      assertThat(host.wasLaunched("words")).isTrue();
      assertThat(refused.get(0).is(Refusal.REQUIREMENT_MISSING)).isTrue();
      assertThat(refused.get(0).text()).contains("words").contains(ECHO).contains("1.2.0");
    }
  }

  /**
   * Ten calls that wait for each other are served at one time, and a service that asks for a grant
   * while it serves gets it: nothing is locked while it works.
   *
   * <p>Row: CG-12
   */
  @Test
  void call_tenThatWaitForEachOther_allAreServed() throws Exception {
    CyclicBarrier ten = new CyclicBarrier(10);
    List<Runnable> inside = new ArrayList<>();
    OtherGrpc.OtherImplBase meeting =
        new OtherGrpc.OtherImplBase() {
          @Override
          public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
            try {
              ten.await(60, TimeUnit.SECONDS);
              inside.get(0).run();
            } catch (Exception e) {
              response.onError(e);
              return;
            }
            response.onNext(EchoResponse.getDefaultInstance());
            response.onCompleted();
          }
        };
    try (TestHost host =
        calm()
            .set(builder -> builder.offersByGrant(OTHER, "1.0.0", meeting))
            .set(builder -> builder.offersByGrant(ECHO, "1.0.0", echo))
            .enrolled("words")
            .start()) {
      RawPlugin words = host.plugin("words");
      var grants = words.grants();
      inside.add(() -> grants.request(asking(ECHO).build()));
      OtherGrpc.OtherStub other =
          OtherGrpc.newStub(words.dataWith(RawPlugin.shown(words.grant(OTHER))));
      CountDownLatch answered = new CountDownLatch(10);
      for (int i = 0; i < 10; i++) {
        other.unary(
            EchoRequest.getDefaultInstance(),
            new StreamObserver<>() {
              @Override
              public void onNext(EchoResponse response) {
                answered.countDown();
              }

              @Override
              public void onError(Throwable failure) {}

              @Override
              public void onCompleted() {}
            });
      }
      assertThat(answered.await(120, TimeUnit.SECONDS)).isTrue();
      assertThat(host.host().grants().list()).hasSize(11);
    }
  }
}
