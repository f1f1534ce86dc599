package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.Refusal;
import dev.tenon.v1.EnrolRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Somebody has read the enrolment token of a plugin that has not enrolled yet. The host's start
 * waits for another plugin meanwhile.
 */
class StolenEnrolmentTokenTest {
  /**
   * Under another run's id it brings neither of the two identities, and ends its owner.
   *
   * <p>Denies: Enrolment/Enrol CREDENTIAL_FOREIGN.
   */
  @Test
  void enrol_underRuntimeIdOfAnother_ownerIsKilled() throws Exception {
    try (TestHost host =
        TestHost.with("").silent("first").silent("victim").silent("thief").begin()) {
      RawPlugin victim = host.plugin("victim");
      RawPlugin thief = host.plugin("thief");
      EnrolRequest stolen =
          thief
              .enrolRequest()
              .setEnrolmentToken(victim.bootstrap.enrolmentToken().exposeForWire())
              .build();

      Refused refused = Refused.by(() -> thief.enrolment().enrol(stolen));

      assertThat(refused.is(Refusal.NOT_AUTHENTICATED)).isTrue();
      assertThat(host.run("victim").wasKilled()).isTrue();
      assertThat(host.run("thief").wasKilled()).isFalse();
      assertThat(host.audit.denials("enrolment")).containsExactly("foreign");
    }
  }

  /** Under another plugin's name it is refused, and ends the run. */
  @Test
  void enrol_underAnotherName_runIsKilled() throws Exception {
    try (TestHost host = TestHost.with("").silent("first").silent("victim").begin()) {
      RawPlugin victim = host.plugin("victim");

      Refused refused =
          Refused.by(
              () -> victim.enrolment().enrol(victim.enrolRequest().setPlugin("store").build()));

      assertThat(refused.is(Refusal.NOT_AUTHENTICATED)).isTrue();
      assertThat(host.run("victim").wasKilled()).isTrue();
      assertThat(host.audit.denials("enrolment")).containsExactly("foreign");
    }
  }

  /** From a process that the host did not launch it is refused, and ends the run. */
  @Test
  void enrol_fromProcessOutsideTheLaunchedTree_runIsKilled() throws Exception {
    try (TestHost host =
        TestHost.with("")
            .silent("first")
            .scripted("victim", RawRuntime.Tree.ANOTHER_PROCESS, plugin -> {})
            .begin()) {
      RawPlugin victim = host.plugin("victim");

      Refused refused = Refused.by(() -> victim.enrol());

      assertThat(refused.is(Refusal.NOT_AUTHENTICATED)).isTrue();
      assertThat(host.run("victim").wasKilled()).isTrue();
      assertThat(host.audit.denials("enrolment")).containsExactly("foreign");
      RawPlugin first = host.plugin("first"); // the start waits for it too, and fails
      first.enrol();
      first.healthy();
      assertThat(host.startFailure()).hasMessageContaining("another process");
    }
  }

  /** So it is while the launch is under way and the host does not know the process yet. */
  @Test
  void enrol_fromUnknownProcessDuringLaunch_runIsKilled() throws Exception {
    CompletableFuture<Refused> early = new CompletableFuture<>();
    try (TestHost host =
        TestHost.with("")
            .silent("first")
            .eager(
                "victim",
                RawRuntime.Tree.ANOTHER_PROCESS,
                plugin -> early.complete(Refused.by(() -> plugin.enrol())))
            .begin()) {
      Refused refused = early.get(60, TimeUnit.SECONDS);

      assertThat(refused.is(Refusal.NOT_AUTHENTICATED)).isTrue();
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(host.run("victim").wasKilled()).isTrue());
    }
  }

  /** The launched process itself may enrol. */
  @Test
  void enrol_fromLaunchedProcess_enrolled() throws Exception {
    try (TestHost host =
        TestHost.with("").scripted("owner", RawRuntime.Tree.THIS_PROCESS, plugin -> {}).begin()) {
      assertThat(host.plugin("owner").enrol().getRuntimeToken()).startsWith("tnr_");
    }
  }

  /**
   * Half a minute after the start it is too late.
   *
   * <p>Denies: Enrolment/Enrol CREDENTIAL_EXPIRED.
   */
  @Test
  void enrol_atExpiry_refusedAndNothingIssued() throws Exception {
    try (TestHost host = TestHost.with("").silent("late").begin()) {
      RawPlugin late = host.plugin("late");
      host.clock.advance(Duration.ofSeconds(30));

      Refused refused = Refused.by(() -> late.enrol());

      assertThat(refused.is(Refusal.NOT_AUTHENTICATED)).isTrue();
      assertThat(refused.text()).isEqualTo(Refusal.NOT_AUTHENTICATED.text());
      assertThat(host.audit.denials("enrolment")).containsExactly("expired");
    }
  }
}
