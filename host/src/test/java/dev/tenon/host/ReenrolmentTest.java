package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.PluginState;
import dev.tenon.core.Refusal;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.v1.EnrolRequest;
import io.grpc.Channel;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import java.security.KeyPair;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A run that missed its renewal, and the way back that its host gives it. */
class ReenrolmentTest {
  private static final Duration LIFE = Duration.ofHours(1);
  private static final Duration WAIT = Duration.ofSeconds(60);

  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo"]
      exclusive = true
      """;

  private static TestHost started() throws Exception {
    return TestHost.with(POLICY).enrolled("alpha", NamedEcho.SERVICE).start();
  }

  /** Waits for the further bootstrap line number {@code number}, and returns it. */
  private static Bootstrap line(TestHost host, int number) {
    RawRuntime.Run run = host.run("alpha");
    await().atMost(WAIT).until(() -> run.lines().size() >= number);
    return run.lines().get(number - 1);
  }

  /**
   * The run keeps its id, its state and what it registered; of its credentials the new ones alone
   * are good.
   *
   * <p>Row: HS-15
   */
  @Test
  void enrol_withFurtherLine_sameRunOneIdentityOldTokenUseless() throws Exception {
    try (TestHost host = started()) {
      RawPlugin alpha = host.plugin("alpha");
      alpha.register(NamedEcho.SERVICE);
      Channel oldControl = alpha.control(alpha.bearer());
      host.clock.advance(LIFE.minusSeconds(60));
      Bootstrap again = line(host, 1);
      PluginStatus before = host.host().plugins().get(0);

      alpha.enrolAgain(again, NamedEcho.SERVICE);

      alpha.healthy();
      Refused refused = Refused.by(() -> RawPlugin.claimOn(oldControl, NamedEcho.SERVICE));
      assertThat(refused.is(Refusal.NOT_AUTHENTICATED)).isTrue();
      assertThat(host.host().plugins()).containsExactly(before);
      assertThat(before.services()).hasSize(1);
      assertThat(again.runtimeId().value()).isEqualTo(alpha.runtimeId());
      assertThat(host.audit.entries())
          .filteredOn(entry -> entry.event().equals("enrolment"))
          .extracting(AuditTrail.Entry::action)
          .containsExactly("enrol", "re-enrol");
    }
  }

  /**
   * A run that has enrolled and shows nothing of it, because the answer was lost, gets another line
   * and is the same run; so again when that answer is lost. What it never got is useless.
   *
   * <p>Row: HS-15
   */
  @Test
  void enrol_answerLost_anotherLineForTheSameRun() throws Exception {
    try (TestHost host = TestHost.with(POLICY).silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");
      alpha.enrol(NamedEcho.SERVICE);
      String lost = alpha.bearer();
      Bootstrap second = lineAfterAWhile(host, 1);
      alpha.enrolAgain(second, NamedEcho.SERVICE);
      Bootstrap third = lineAfterAWhile(host, 2);

      alpha.enrolAgain(third, NamedEcho.SERVICE);
      alpha.healthy();

      assertThat(third.runtimeId().value()).isEqualTo(alpha.runtimeId());
      assertThat(alpha.bearer()).isNotEqualTo(lost);
      assertThat(host.audit.entries())
          .filteredOn(entry -> entry.action().equals("re-enrol"))
          .hasSize(2)
          .allSatisfy(entry -> assertThat(entry.reason()).isEqualTo("it did not use what it got"));
    }
  }

  /** Lets time pass, some between any two looks of the host, until there is that line. */
  private static Bootstrap lineAfterAWhile(TestHost host, int number) {
    await()
        .atMost(WAIT)
        .pollInterval(Reenrolment.CHECK)
        .until(
            () -> {
              boolean isThere = host.run("alpha").lines().size() >= number;
              if (!isThere) { // its token lives by that clock
                host.clock.advance(Duration.ofSeconds(100));
              }
              return isThere;
            });
    return line(host, number);
  }

  /** Who has its old connection cut before the new one stands loses nothing. */
  @Test
  void enrol_oldControlCutBeforeTheNew_registrationsStay() throws Exception {
    try (TestHost host = started()) {
      RawPlugin alpha = host.plugin("alpha");
      alpha.register(NamedEcho.SERVICE);
      host.clock.advance(LIFE.minusSeconds(60));
      Bootstrap again = line(host, 1);

      alpha.enrolAgainCutting(again, NamedEcho.SERVICE);

      await()
          .during(Duration.ofSeconds(1))
          .atMost(WAIT)
          .until(() -> host.host().plugins().get(0).services().size() == 1);
    }
  }

  /** What was connected with the old key is cut a little later, and what is new is not. */
  @Test
  void enrol_withFurtherLine_oldConnectionsEndNewOnesStay() throws Exception {
    try (TestHost host = started()) {
      RawPlugin alpha = host.plugin("alpha");
      alpha.register(NamedEcho.SERVICE);
      ManagedChannel old = alpha.connect(alpha.bootstrap.control(), alpha.credentials());
      RawPlugin.claimOn(RawPlugin.authorized(old, alpha.bearer()), NamedEcho.SERVICE);
      host.clock.advance(LIFE.minusSeconds(60));
      Bootstrap again = line(host, 1);

      alpha.enrolAgain(again, NamedEcho.SERVICE);
      alpha.healthy();

      await().atMost(WAIT).until(() -> old.getState(false) != ConnectivityState.READY);
      alpha.healthy();
      assertThat(host.host().plugins().get(0).services()).hasSize(1);
    }
  }

  /** A declaration is for the life of a run. */
  @Test
  void enrol_furtherLineWithMoreProvides_refusedAndOldCredentialsStay() throws Exception {
    try (TestHost host = started()) {
      RawPlugin alpha = host.plugin("alpha");
      host.clock.advance(LIFE.minusSeconds(60));
      Bootstrap again = line(host, 1);

      Refused refused =
          Refused.by(
              () ->
                  alpha
                      .enrolment()
                      .enrol(alpha.requestWith(again, NamedEcho.SERVICE, NamedOther.SERVICE)));

      assertThat(refused.is(Refusal.INVALID_REQUEST)).isTrue();
      assertThat(refused.text()).contains("provides, requires, max_message_bytes: changed");
      alpha.healthy();
    }
  }

  /** What was agreed on is for the life of the run. Row: HS-16 */
  @Test
  void enrol_furtherLineWithAnotherLimit_refusedAndOldCredentialsStay() throws Exception {
    try (TestHost host = started()) {
      RawPlugin alpha = host.plugin("alpha");
      host.clock.advance(LIFE.minusSeconds(60));
      EnrolRequest again =
          alpha.requestWith(line(host, 1), NamedEcho.SERVICE).toBuilder()
              .setMaxMessageBytes(2048)
              .build();

      assertThat(Refused.by(() -> alpha.enrolment().enrol(again)))
          .matches(refused -> refused.is(Refusal.INVALID_REQUEST))
          .extracting(Refused::text)
          .asString()
          .contains("max_message_bytes: changed");
      alpha.healthy();
    }
  }

  /** A run that renewed in time is not disturbed. */
  @Test
  void check_renewedInTime_noLine() throws Exception {
    try (TestHost host = started()) {
      RawPlugin alpha = host.plugin("alpha");
      host.clock.advance(LIFE.dividedBy(2));
      KeyPair successor = CertificateRequest.newKeyPair();
      alpha.adopt(successor, alpha.renew(successor));
      host.clock.advance(LIFE.dividedBy(2));
      alpha.healthy();
      host.clock.advance(LIFE.dividedBy(2).minusSeconds(60));

      assertThat(line(host, 1).expires()).isAfterOrEqualTo(host.clock.instant());
      assertThat(host.run("alpha").lines()).hasSize(1);
    }
  }

  /** One line in the life of a token, and an end after ten without an answer. */
  @Test
  void check_linesUnanswered_pacedAndThenKilled() throws Exception {
    try (TestHost host = started()) {
      host.clock.advance(LIFE);
      for (int number = 1; number <= Reenrolment.MOST_LINES; number++) {
        var unused = line(host, number);
        assertThat(host.run("alpha").lines()).hasSize(number);
        host.clock.advance(Reenrolment.PACE);
      }

      await().atMost(WAIT).until(() -> host.run("alpha").wasKilled());
      assertThat(host.run("alpha").lines()).hasSize(Reenrolment.MOST_LINES);
      assertThat(host.host().plugins().get(0).state())
          .isEqualTo(new PluginState.Failed("was ended: it missed its renewal"));
    }
  }
}
