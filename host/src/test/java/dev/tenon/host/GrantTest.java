package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.GrantLimits;
import dev.tenon.core.Refusal;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.OtherGrpc;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.GrantRequest;
import dev.tenon.v1.GrantResponse;
import dev.tenon.v1.GrantsGrpc;
import dev.tenon.v1.OfferedService;
import dev.tenon.v1.RefreshGrantRequest;
import dev.tenon.v1.RefreshGrantResponse;
import dev.tenon.v1.ReleaseGrantRequest;
import dev.tenon.v1.Requirement;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Grants as plugins ask for them: what they get, what not, and how long. */
final class GrantTest extends GrantHost {
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
}
