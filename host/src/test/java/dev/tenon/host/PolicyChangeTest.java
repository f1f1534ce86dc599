package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.policy.Decision;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Refusal;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.v1.WatchState;
import io.grpc.Status.Code;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A policy that changes while plugins call, over mTLS. */
@Timeout(480)
class PolicyChangeTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  /** How often the policy is replaced under load; the long form is 100. */
  private static final int RELOADS = Integer.getInteger("tenon.policy.reloads", 5);

  private static final String PROVIDE =
      """
      [[provide]]
      plugin = "echo"
      services = ["testservice.v1.Echo"]
      """;

  private static String allow(String caller) {
    return """
    [[rule]]
    id = "%1$s-echoes"
    effect = "allow"
    caller = "%1$s"
    service = "testservice.v1.Echo"
    """
        .formatted(caller);
  }

  private static final String BOTH = PROVIDE + allow("caller") + allow("other");

  private final OpenEcho echo = new OpenEcho();

  private TestHost start(TestHost host) throws Exception {
    host.enrolled("echo", EchoGrpc.SERVICE_NAME).enrolled("caller").enrolled("other").start();
    host.plugin("echo").serve(echo);
    host.plugin("echo").register(EchoGrpc.SERVICE_NAME);
    return host;
  }

  /**
   * Attack: R37. What the new policy denies ends, each kind of call, and what it allows goes on.
   * Row: PL-9.
   */
  @Test
  void replace_denyingOneCaller_endsItsOpenCallsAndNoOthers() throws Exception {
    try (TestHost host = start(TestHost.with(BOTH))) {
      RawPlugin caller = host.plugin("caller");
      RawPlugin other = host.plugin("other");
      List<OpenStream<?>> denied = OpenStream.ofEachKind(caller.data(caller.bearer()));
      List<OpenStream<?>> allowed = OpenStream.ofEachKind(other.data(other.bearer()));
      await().atMost(SOON).until(() -> echo.open.get() == 8);

      host.host().policy().replace(Policy.parse(PROVIDE + allow("other")), "incident 7");

      await().atMost(SOON).until(() -> denied.stream().allMatch(OpenStream::hasEnded));
      assertThat(denied)
          .allSatisfy(
              stream -> {
                assertThat(stream.end().getCode()).isEqualTo(Code.PERMISSION_DENIED);
                assertThat(stream.end().getDescription()).isEqualTo(Refusal.NOT_ALLOWED.text());
              });
      await().atMost(SOON).until(() -> echo.open.get() == 4);
      assertThat(allowed).noneMatch(OpenStream::hasEnded);
      assertThat(host.audit.entries())
          .filteredOn(entry -> entry.event().equals("call") && entry.action().equals("end"))
          .hasSize(4)
          .allSatisfy(
              entry -> {
                assertThat(entry.actor()).isEqualTo(caller.runtimeId());
                assertThat(entry.outcome()).isEqualTo("denied");
                assertThat(entry.reason()).isEqualTo("no rule");
              });
      assertThat(host.audit.entries())
          .filteredOn(entry -> entry.event().equals("policy"))
          .singleElement()
          .satisfies(
              entry -> {
                assertThat(entry.actor()).isEqualTo("host");
                assertThat(entry.outcome()).isEqualTo("success");
                assertThat(entry.reason()).isEqualTo("incident 7");
              });
    }
  }

  /**
   * A watch that its caller may not have any more ends; one that it now may have does, too.
   *
   * <p>Denies: Registry/Watch NOT_ALLOWED, UNAVAILABLE.
   */
  @Test
  void replace_watches_endWhereTheAnswerIsAnotherOne() throws Exception {
    try (TestHost host = start(TestHost.with(PROVIDE + allow("caller")))) {
      Watched ofCaller = Watched.by(host.plugin("caller"), EchoGrpc.SERVICE_NAME);
      Watched ofOther = Watched.by(host.plugin("other"), EchoGrpc.SERVICE_NAME);
      assertThat(ofCaller.next().getState()).isEqualTo(WatchState.WATCH_STATE_AVAILABLE);
      assertThat(ofOther.next().getState()).isEqualTo(WatchState.WATCH_STATE_UNAVAILABLE);

      host.host().policy().replace(Policy.parse(BOTH), "more");
      assertThat(ofOther.end().is(Refusal.UNAVAILABLE)).isTrue();
      Watched again = Watched.by(host.plugin("other"), EchoGrpc.SERVICE_NAME);
      assertThat(again.next().getState()).isEqualTo(WatchState.WATCH_STATE_AVAILABLE);
      assertThat(ofCaller.isQuiet()).isTrue();

      host.host().policy().replace(Policy.parse(PROVIDE + allow("caller")), "less");
      assertThat(again.end().is(Refusal.NOT_ALLOWED)).isTrue();
      assertThat(ofCaller.isQuiet()).isTrue();
    }
  }

  /**
   * Policies come and go under calls of all four kinds, and none fails. With {@code
   * -Dtenon.policy.reloads=100} the long form. Row: PL-9.
   */
  @Test
  void reload_underLoadOfAllCallTypes_noCallFails(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("policy.toml");
    Files.writeString(file, BOTH);
    PolicySource source = PolicySource.file(file).every(Duration.ofMillis(50));
    try (TestHost host =
        TestHost.with("")
            .set(builder -> builder.policy(source))
            .enrolled("echo", EchoGrpc.SERVICE_NAME)
            .enrolled("caller")
            .start()) {
      host.plugin("echo").serve(new FinishingEcho());
      host.plugin("echo").register(EchoGrpc.SERVICE_NAME);
      RawPlugin caller = host.plugin("caller");
      List<AllKindsLoad> loads = new ArrayList<>();
      for (int lane = 0; lane < 4; lane++) {
        loads.add(AllKindsLoad.on(caller.data(caller.bearer())));
      }
      for (int i = 0; i < RELOADS; i++) {
        Path next = Files.writeString(folder.resolve("next"), BOTH + allow("caller-" + i));
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        if (i % 2 == 0) {
          var unused = host.host().policy().reload(); // or the follower was faster
        }
        String wanted = "caller-" + i + "-echoes";
        await()
            .atMost(SOON)
            .until(
                () ->
                    host.host().policy().current().rules().stream()
                        .anyMatch(rule -> rule.id().equals(wanted)));
        for (AllKindsLoad load : loads) {
          load.awaitRound();
        }
      }
      for (AllKindsLoad load : loads) {
        load.stop();
        assertThat(load.failures()).isEmpty();
        assertThat(load.rounds()).isGreaterThanOrEqualTo(RELOADS);
      }
    }
  }

  @Test
  void explain_runningHost_tellsTheRule() throws Exception {
    try (TestHost host = TestHost.with(BOTH).start()) {
      HostPolicy policy = host.host().policy();

      assertThat(policy.explain("caller", "testservice.v1.Echo", "Unary").decision())
          .isInstanceOfSatisfying(
              Decision.Allow.class, allow -> assertThat(allow.rule()).isEqualTo("caller-echoes"));
      assertThat(policy.explain("stranger", "testservice.v1.Echo", "Unary").decision())
          .isInstanceOfSatisfying(
              Decision.Deny.class, deny -> assertThat(deny.auditReason()).isEqualTo("no rule"));
      assertThatIllegalArgumentException().isThrownBy(() -> policy.explain("caller", "..", "x"));
      assertThatIllegalStateException()
          .isThrownBy(policy::reload)
          .withMessageContaining("(expected: a file that is followed)");
    }
  }

  @Test
  void replace_closedHost_refused() throws Exception {
    HostPolicy policy;
    try (TestHost host = TestHost.with("").start()) {
      policy = host.host().policy();
    }

    assertThatIllegalStateException()
        .isThrownBy(() -> policy.replace(Policy.DENY_ALL, "late"))
        .withMessageContaining("closed");
  }
}
