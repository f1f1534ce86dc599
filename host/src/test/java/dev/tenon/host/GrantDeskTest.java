package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.audit.AuditEvent.Outcome;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.grant.GrantStore;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Identity;
import dev.tenon.core.Permission;
import dev.tenon.core.Reason;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.Version;
import dev.tenon.host.control.ControlAudit;
import dev.tenon.host.control.GrantDesk;
import dev.tenon.host.control.PluginRun;
import dev.tenon.registry.ServiceRegistry;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the desk does when its log, the run or the policy is not as it was. */
class GrantDeskTest {
  private static final ServiceName VAULT = new ServiceName("acme.v1.Vault");
  private static final Permission READ = new Permission("secrets:read:db/*");
  private static final Permission LIST = new Permission("secrets:list:db/*");

  private final AtomicReference<Policy> policy = new AtomicReference<>();
  private ControlPlane plane;
  private GrantStore grants;
  private GrantDesk desk;
  private PluginRun run;
  private Identity alpha;

  @BeforeEach
  void open() throws Exception {
    plane = new ControlPlane(ServiceRegistry.inMemory());
    grants = plane.trust.grants();
    policy.set(
        Policy.parse(
            """
            [[rule]]
            id = "alpha"
            effect = "allow"
            caller = "alpha"
            service = "acme.v1.Vault"
            [[grant]]
            caller = "alpha"
            service = "acme.v1.Vault"
            permissions = ["secrets:read:db/*", "secrets:list:db/*"]
            """));
    desk =
        new GrantDesk(
            plane.runs,
            policy::get,
            Map.of(VAULT, new Version("1.0.0")),
            new ControlAudit(plane.audit, InstantSource.system()));
    plane.launch("alpha").plugin.enrol();
    run = plane.runs.all().iterator().next();
    alpha = new Identity(run.id(), Identity.Evidence.SVID);
  }

  @AfterEach
  void close() {
    plane.close();
  }

  private GrantDesk.Given give(Permission... permissions) throws RefusedException {
    return desk.give(
        alpha,
        new GrantDesk.Asked(VAULT, Optional.empty(), new Reason("a test"), Set.of(permissions)));
  }

  private void assertGood(GrantDesk.Given given) throws RefusedException {
    String shown = given.grant().id() + " " + given.token().token().exposeForWire();
    assertThat(grants.verify(run.id().runtimeId(), VAULT, shown)).isSameAs(given.grant());
  }

  /** What was asked for is given, and no more; who asks for nothing in particular gets all. */
  @Test
  void give_someOrNoPermissions_thoseOrAll() throws Exception {
    assertThat(give(READ).grant().permissions()).containsExactly(READ);
    assertThat(give().grant().permissions()).containsExactlyInAnyOrder(READ, LIST);
  }

  /** A grant is on record before it is one. Row: AU-3 */
  @Test
  void give_recordFails_nothingIsGiven() {
    plane.audit.failOn(Outcome.SUCCESS);

    assertThatExceptionOfType(AuditFailedException.class).isThrownBy(this::give);

    assertThat(grants.size()).isZero();
  }

  /** While its issue is being recorded, it is good for nothing yet. Row: AU-3 */
  @Test
  void give_beforeItsRecord_noGrantIsInEffect() throws Exception {
    AtomicReference<Integer> living = new AtomicReference<>();
    plane.audit.once("issue", () -> living.set(grants.all().size()));

    assertGood(give());

    assertThat(living).hasValue(0);
  }

  @Test
  void give_runHasEnded_refusedAndNothingIsLeft() {
    plane.runs.kill(run.id().runtimeId(), "was ended");

    assertThatThrownBy(this::give).isInstanceOf(RefusedException.class);

    assertThat(grants.size()).isZero();
  }

  @Test
  void give_runEndsMeanwhile_refusedAndNothingIsLeft() {
    plane.audit.once("issue", () -> plane.runs.kill(run.id().runtimeId(), "was ended"));

    assertThatThrownBy(this::give).isInstanceOf(RefusedException.class);

    assertThat(grants.size()).isZero();
  }

  /** Neither a new token nor an end that is not on record. Row: AU-3 */
  @Test
  void refreshAndRelease_recordFails_nothingChanges() throws Exception {
    GrantDesk.Given given = give();
    plane.audit.failOn(Outcome.SUCCESS);

    assertThatExceptionOfType(AuditFailedException.class)
        .isThrownBy(() -> desk.refresh(alpha, given.grant().id()));
    assertThatExceptionOfType(AuditFailedException.class)
        .isThrownBy(() -> desk.release(alpha, given.grant().id()));

    assertThat(given.grant().expires()).isEqualTo(given.token().expires());
    assertGood(given);
  }

  /** Another's grant, one that ended and one that never was are alike. */
  @Test
  void refreshAndRelease_notItsOwn_notFound() throws Exception {
    GrantDesk.Given given = give();
    Identity other =
        new Identity(
            new SpiffeId.OfPlugin(run.id().host(), new RuntimeId("other-0000000000000001")),
            Identity.Evidence.SVID);

    assertNotFound(() -> desk.refresh(other, given.grant().id()));
    assertNotFound(() -> desk.refresh(alpha, "0".repeat(32)));
    assertNotFound(
        () -> {
          desk.release(other, given.grant().id());
          return given;
        });
    assertGood(given);
  }

  private static void assertNotFound(Callable<?> refused) {
    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(refused::call)
        .satisfies(e -> assertThat(e.refusal()).isEqualTo(Refusal.NOT_FOUND));
  }

  /** Who may no longer call the service cannot prolong its grant, and that is on record. */
  @Test
  void refresh_policyDeniesNow_notFoundAndOnRecord() throws Exception {
    GrantDesk.Given given = give();
    policy.set(Policy.parse(""));

    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(() -> desk.refresh(alpha, given.grant().id()))
        .satisfies(refused -> assertThat(refused.refusal()).isEqualTo(Refusal.NOT_FOUND));

    assertThat(given.grant().expires()).isEqualTo(given.token().expires());
    assertThat(plane.audit.events)
        .last()
        .satisfies(
            event -> {
              assertThat(event.action()).isEqualTo("refresh");
              assertThat(event.outcome()).isEqualTo(Outcome.DENIED);
              assertThat(event.details())
                  .containsEntry("reason", "not allowed by the policy any more");
            });
  }

  /** Taking a grant back does not depend on the log. */
  @Test
  void revoke_recordFails_endedAllTheSame() throws Exception {
    GrantDesk.Given given = give();
    plane.audit.failOn(Outcome.SUCCESS);

    desk.revoke(grant -> true);

    assertThat(given.grant().isLive()).isFalse();
    assertThat(grants.size()).isZero();
  }
}
