package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.policy.Policy;
import dev.tenon.core.CallPath;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is remembered of decisions, and for how long. */
final class DecisionsTest {
  private static final CallPath UNARY = CallPath.parse("/testservice.v1.Echo/Unary");

  private final RecordingAuditLog log = new RecordingAuditLog();
  private final CallAudit audit = new CallAudit(log, InstantSource.fixed(Plane.NOW));
  private Policy policy;
  private Decisions decisions;

  @BeforeEach
  void decide() throws Exception {
    policy = Policy.parse(Names.POLICY);
    decisions = new Decisions(() -> policy);
  }

  private Decisions.Decision call() throws Exception {
    Decisions.Decision decision =
        decisions.decide(Names.identity(Names.CALLER), new CallSite(UNARY));
    count(decision);
    return decision;
  }

  private static void count(Decisions.Decision decision) {
    assertThat(decision.recorded(() -> CompletableFuture.completedFuture(null))).isCompleted();
  }

  private void summarize(int times) {
    for (int i = 0; i < times; i++) {
      decisions.summarize(audit);
    }
  }

  /** However quiet, what is in use is counted on. Row: AU-4. */
  @Test
  void summarize_quietForLong_countedOnWhenUsedAgain() throws Exception {
    Decisions.Decision decision = call();
    summarize(10);
    assertThat(decisions.counted()).isOne();

    assertThat(call()).isSameAs(decision);
    summarize(1);

    assertThat(log.actions()).containsExactly("summary");
    assertThat(log.events().get(0).details()).containsEntry("calls", "1");
  }

  /**
   * What another policy put out of use is counted on while a call may hold it, for two rounds
   * without one, and then forgotten.
   */
  @Test
  void summarize_policyChanged_forgottenAfterTwoQuietRounds() throws Exception {
    Decisions.Decision old = call();
    policy = Policy.parse(Names.POLICY);
    Decisions.Decision current = call();
    assertThat(current).isNotSameAs(old);
    assertThat(decisions.counted()).isEqualTo(2);

    summarize(2);
    assertThat(decisions.counted()).isEqualTo(2);
    count(old); // a call that was decided before and goes out only now
    summarize(1);
    assertThat(log.actions()).containsExactly("summary");
    summarize(2);
    assertThat(decisions.counted()).isEqualTo(2);

    summarize(1);
    assertThat(decisions.counted()).isOne();
    count(current);
    summarize(1);
    assertThat(log.actions()).containsExactly("summary", "summary");
  }

  /** A decision that nobody counts any more is not used again, by whom it is still known. */
  @Test
  void decide_lastOneForgotten_another() throws Exception {
    Policy first = policy;
    CallSite site = new CallSite(UNARY);
    Decisions.Decision old = decisions.decide(Names.identity(Names.CALLER), site);
    count(old);
    assertThat(decisions.decide(Names.identity(Names.CALLER), site)).isSameAs(old);
    policy = Policy.parse(Names.POLICY);
    Decisions.Decision unused = call();
    summarize(4);
    assertThat(decisions.counted()).as("that of the other policy").isOne();
    policy = first;

    assertThat(decisions.decide(Names.identity(Names.CALLER), site))
        .isNotSameAs(old)
        .isNotSameAs(unused);
  }
}
