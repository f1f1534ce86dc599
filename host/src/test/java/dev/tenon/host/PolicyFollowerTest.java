package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditEvent.Outcome;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.policy.Authorizer;
import dev.tenon.auth.policy.Decision;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.host.control.ControlAudit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens to a policy file while a host follows it. Attack: P8. */
class PolicyFollowerTest {
  private static final String DENY =
      "[[rule]]\nid = 'no'\neffect = 'deny'\ncaller = '*'\nservice = 'acme.*'\n";
  private static final String GOOD =
      "[[rule]]\nid = 'yes'\neffect = 'allow'\ncaller = 'words'\nservice = '*'\n" + DENY;
  private static final String OTHER = GOOD.replace("'words'", "'store'");

  private final HookedAuditLog log = new HookedAuditLog();
  private final ControlAudit audit = new ControlAudit(log, new TestClock());
  private final List<Policy> changes = new ArrayList<>();
  private Path file;
  private PolicySource source;
  private PolicyInForce inForce;

  @SuppressWarnings("NullAway.Init") // JUnit sets the fields up
  PolicyFollowerTest() {}

  @BeforeEach
  @SuppressWarnings("NullAway.Init") // inForce is made when a follower starts
  void write(@TempDir Path folder) throws IOException {
    file = folder.resolve("policy.toml");
    source = PolicySource.file(file);
    Files.writeString(file, GOOD);
  }

  private PolicyFollower start() throws ConfigException {
    StartPolicy start = StartPolicy.load(source);
    inForce = new PolicyInForce(start.policy(), audit);
    inForce.whenChanged(() -> changes.add(inForce.get()));
    return new PolicyFollower(source, start.document(), inForce, audit);
  }

  private List<String> callers() {
    return inForce.get().rules().stream().map(rule -> rule.caller()).toList();
  }

  /** A change is in force after the second reading that finds the same text. Row: PL-9. */
  @Test
  void check_changedFile_inForceOnceItIsSettled() throws Exception {
    PolicyFollower follower = start();
    follower.check();
    Files.writeString(file, OTHER);

    follower.check();
    assertThat(callers()).containsExactly("words", "*");
    follower.check();
    follower.check();

    assertThat(callers()).containsExactly("store", "*");
    assertThat(changes).hasSize(1);
    assertThat(log.events)
        .singleElement()
        .satisfies(
            event -> {
              assertThat(event.event()).isEqualTo("policy");
              assertThat(event.actor()).isEqualTo("host");
              assertThat(event.action()).isEqualTo("replace");
              assertThat(event.outcome()).isEqualTo(Outcome.SUCCESS);
              assertThat(event.details()).containsEntry("reason", "the file changed");
              assertThat(event.details()).containsEntry("rules", "2");
            });
  }

  /**
   * A file that is being written is a policy at many moments, of which some lack the rules that
   * deny: none of them is ever in force. Row: PL-9.
   */
  @Test
  void check_fileThatGrows_noHalfIsEverInForce() throws Exception {
    PolicyFollower follower = start();
    for (int length = 0; length < OTHER.length(); length++) {
      Files.writeString(file, OTHER.substring(0, length));
      follower.check();
      assertThat(callers()).containsExactly("words", "*");
    }
    Files.writeString(file, OTHER);
    follower.check();
    follower.check();

    assertThat(callers()).containsExactly("store", "*");
    assertThat(changes).hasSize(1);
  }

  /** What is no policy changes nothing, and is told once. Row: PL-9. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "[[rule]]",
        "[[rule]]\nid = 'x'\nefect = 'deny'\n",
        "not toml",
        "default_action = 'allow'",
        "\u0000",
        "",
      })
  void check_brokenFile_lastGoodStaysAndIsToldOnce(String broken) throws Exception {
    PolicyFollower follower = start();
    Files.writeString(file, broken);

    follower.check();
    follower.check();
    follower.check();

    assertThat(callers()).containsExactly("words", "*");
    assertThat(log.events).singleElement().satisfies(PolicyFollowerTest::isFailure);
    Files.writeString(file, OTHER);
    follower.check();
    follower.check();
    assertThat(callers()).containsExactly("store", "*");
  }

  /** A file that goes is no reason to deny, and none to allow. Row: PL-9. */
  @Test
  void check_missingFile_lastGoodStaysAndIsToldOnce() throws Exception {
    PolicyFollower follower = start();
    Files.delete(file);

    follower.check();
    follower.check();

    assertThat(callers()).containsExactly("words", "*");
    assertThat(log.events).singleElement().satisfies(PolicyFollowerTest::isFailure);
    Files.writeString(file, GOOD);
    follower.check();
    follower.check();
    assertThat(changes).isEmpty();
  }

  /** A file that comes after the start is followed from then on. Row: PL-1. */
  @Test
  void check_missingAtTheStart_deniesAllUntilItComes() throws Exception {
    Files.delete(file);
    PolicyFollower follower = start();
    follower.check();
    assertThat(callers()).isEmpty();

    Files.writeString(file, GOOD);
    follower.check();
    follower.check();

    assertThat(callers()).containsExactly("words", "*");
  }

  /** A change that cannot be recorded does not happen; it is tried again. */
  @Test
  void check_auditFails_lastGoodStaysUntilItWorks() throws Exception {
    PolicyFollower follower = start();
    Files.writeString(file, OTHER);
    log.failOn(Outcome.SUCCESS);
    follower.check();
    follower.check();
    assertThat(callers()).containsExactly("words", "*");

    log.hook = event -> {};
    follower.check();

    assertThat(callers()).containsExactly("store", "*");
  }

  /** The record is there before the policy is. */
  @Test
  void replace_recorded_beforeItIsInForce() throws Exception {
    PolicyFollower follower = start();
    List<String> during = new ArrayList<>();
    log.once("replace", () -> during.addAll(callers()));
    Files.writeString(file, OTHER);

    assertThat(follower.reload()).isTrue();

    assertThat(during).containsExactly("words", "*");
    assertThat(callers()).containsExactly("store", "*");
    assertThat(follower.reload()).isFalse();
  }

  @Test
  void reload_brokenFile_refusedAndLastGoodStays() throws Exception {
    PolicyFollower follower = start();
    Files.writeString(file, "[[rule]]");

    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(follower::reload)
        .withMessageContaining("rule[0].id");

    assertThat(callers()).containsExactly("words", "*");
    assertThat(changes).isEmpty();
  }

  @Test
  void reload_auditFails_refusedAndLastGoodStays() throws Exception {
    PolicyFollower follower = start();
    Files.writeString(file, OTHER);
    log.failOn(Outcome.SUCCESS);

    assertThatExceptionOfType(AuditFailedException.class).isThrownBy(follower::reload);

    assertThat(callers()).containsExactly("words", "*");
  }

  /** An engine narrows the policies that come later, too. */
  @Test
  void reload_authorizer_narrowsEachPolicy() throws Exception {
    source = source.narrowedBy(new DenyingEngine());
    PolicyFollower follower = start();
    Files.writeString(file, "[[rule]]\nid='y'\neffect='allow'\ncaller='*'\nservice='*'\n");
    follower.reload();

    Identity host =
        new Identity(
            new SpiffeId.OfHost(new TrustDomain("example.org"), "h1"),
            Identity.Evidence.IN_PROCESS);
    assertThat(inForce.get().decide(host, CallPath.parse("/a.B/C")).isAllow()).isFalse();
    assertThat(inForce.get().rules()).hasSize(1);
  }

  private static final class DenyingEngine implements Authorizer {
    @Override
    public Decision decide(Identity caller, CallPath path) {
      return Decision.Deny.by("engine");
    }

    @Override
    public boolean mayCallAny(Identity caller, ServiceName service) {
      return false;
    }
  }

  private static void isFailure(AuditEvent event) {
    assertThat(event.event()).isEqualTo("policy");
    assertThat(event.actor()).isEqualTo("host");
    assertThat(event.outcome()).isEqualTo(Outcome.ERROR);
    assertThat(event.details().get("reason")).isNotBlank();
  }
}
