package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What plugins print goes to the host's log: tagged, bounded, escaped, and never into the protocol.
 *
 * <p>Row: LC-17, LC-18
 */
class PluginOutputTest {
  private static final int LONGEST_LINE = 1024 * "\\u0000".length() + 100;

  private TestHome home;
  private HostLog log;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
    log = HostLog.open();
  }

  @AfterEach
  void closeHome() throws IOException {
    log.close();
    home.close();
  }

  /** What is printed without end is read, and most of it dropped. Attack: L8. */
  @Test
  void spam_ofBothStreams_disturbsNeitherCallsNorLog() throws Exception {
    home.java("spam", Behaviour.SPAM, OtherGrpc.SERVICE_NAME);
    home.java("echo", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    try (PluginHost host = home.host().start()) {
      long start = System.nanoTime();
      var spam =
          host.client(OtherGrpc::newFutureStub)
              .withDeadlineAfter(120, TimeUnit.SECONDS)
              .unary(EchoRequest.getDefaultInstance());
      int calls = 0;
      while (!spam.isDone() || calls == 0) {
        EchoResponse answer =
            host.client(EchoGrpc::newBlockingStub).unary(EchoRequest.getDefaultInstance());
        assertThat(answer.getPid()).isPositive();
        calls++;
      }
      assertThat(spam.get().getPid()).isPositive();
      long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds() + 1;
      awaitLine("spam", "lines dropped");
      List<String> printed = log.of("spam");
      assertThat(printed).hasSizeLessThan((int) (1000 + seconds * 200) + 100);
      assertThat(printed).allMatch(line -> line.length() <= LONGEST_LINE);
      assertThat(printed)
          .allMatch(line -> line.matches("\\[spam \\d+ (OUT|ERR)\\] [\\P{Cc}\\t]*|.*dropped"));
      assertThat(host.plugins()).allMatch(plugin -> plugin.state().label().equals("healthy"));
    }
  }

  /**
   * A line that looks like the log's own, a terminal's commands, a line without an end.
   *
   * <p>Attack: L9, L11.
   */
  @Test
  void hostileLines_areEscapedAndCut() throws Exception {
    home.shell(
        "forger",
        """
        printf 'one\\r\\n[words 1 OUT] forged\\rover\\n'
        printf '\\033[2J\\302\\205bidi\\342\\200\\256 \\377 {0} tab\\there\\n'
        head -c 3000 /dev/zero | tr '\\0' x
        exit 3
        """);

    assertThatThrownBy(() -> home.host().start())
        .isInstanceOf(HostStartException.class)
        .hasMessageContaining("plugin forger ended with status 3")
        .hasMessageContaining("\\u001b[2J");
    String cut = "x".repeat(100) + " ... (cut)";
    awaitLine("forger", cut);
    assertThat(log.of("forger"))
        .allMatch(line -> line.matches("\\[forger \\d+ OUT\\] .*"))
        .satisfiesExactly(
            line -> assertThat(line).endsWith(" OUT] one\\u000d"),
            line -> assertThat(line).endsWith(" OUT] [words 1 OUT] forged\\u000dover"),
            line ->
                assertThat(line)
                    .endsWith(" OUT] \\u001b[2J\\u0085bidi\\u202e \\ufffd {0} tab\there"),
            line -> assertThat(line).endsWith(cut).hasSizeBetween(1024, 1100));
  }

  /** Lines that were dropped are counted even if nothing is printed after them. */
  @Test
  void droppedLines_areCountedAtTheEnd() throws Exception {
    home.shell("chatty", "yes | head -n 20000; exit 3");

    assertThatThrownBy(() -> home.host().start()).isInstanceOf(HostStartException.class);
    awaitLine("chatty", "lines dropped");
    long dropped =
        log.of("chatty").stream()
            .filter(line -> line.endsWith("lines dropped"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\[.*]|\\D", "")))
            .sum();
    long printed = log.of("chatty").stream().filter(line -> line.endsWith(" y")).count();
    assertThat(dropped + printed).isEqualTo(20_000);
  }

  /** What a plugin prints while it is being stopped is worth most when the stop went wrong. */
  @Test
  void lastWords_afterSigterm_areLogged() throws Exception {
    home.shell("ends", "until [ -e $TEST_HOME/up ]; do sleep 0.05; done; exit 3");
    home.shell(
        "polite",
        "trap 'echo last words; exit 0' TERM; touch $TEST_HOME/up; while :; do sleep 0.05; done");

    assertThatThrownBy(() -> home.host().required("ends").start())
        .hasMessageStartingWith("plugin ends ended with");
    awaitLine("polite", "last words");
  }

  private void awaitLine(String plugin, String end) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> log.of(plugin).stream().anyMatch(line -> line.endsWith(end)));
  }
}
