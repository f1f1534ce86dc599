package dev.tenon.examples.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What docs/operations.md has an operator do, done. */
final class OperationsTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final List<String> PORTS =
      List.of("7070", "7071", "7072", "7074", "7080", "7081", "8070", "8071", "8072");

  private static final Pattern RETIRED =
      Pattern.compile("\"action\":\"retire\",\"resource\":\"plugin\"");

  private Walk page;

  @BeforeEach
  void makeClone() throws Exception {
    Map<String, String> own = freePorts();
    own.put("overlap = \"PT1H\"", "overlap = \"PT3S\"");
    page = Walk.of("operations.md", own);
    page.walk("## 1.", "## 2.", "site/");
  }

  @AfterEach
  void removeClone() throws IOException {
    page.close();
  }

  /** Returns ports for those of the page: nobody has them at this moment. */
  private static Map<String, String> freePorts() throws IOException {
    Map<String, String> ports = new HashMap<>();
    List<ServerSocket> held = new ArrayList<>();
    for (String port : PORTS) {
      ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      held.add(free);
      ports.put(port, String.valueOf(free.getLocalPort()));
    }
    for (ServerSocket free : held) {
      free.close();
    }
    return ports;
  }

  /** Row: DC-5. */
  @Test
  void section1_here_startsThePlugin() throws Exception {
    try (HostProcess host = page.start(page.block("local"))) {
      awaitRunning(host);
      awaitRecord("state", registered());
      stop(host);
    }
  }

  /** Row: DC-5. */
  @Test
  void section1_elsewhere_takesThePluginInOverTcp() throws Exception {
    try (HostProcess host = page.start(page.block("remote"))) {
      awaitRunning(host);
      try (HostProcess plugin = page.start(page.block("remote-plugin").replaceFirst("^", "env "))) {
        awaitRecord("remote-state", registered());
        assertThat(plugin.process().isAlive()).as(plugin.err()).isTrue();
        stop(host);
      }
    }
  }

  /**
   * A proxy that passes TCP through changes nothing of what both ends see.
   *
   * <p>Row: DC-2
   */
  @Test
  void section2_proxyThatPassesTcp_takesThePluginIn() throws Exception {
    boolean runs = Files.isExecutable(Path.of("/usr/sbin/haproxy"));
    if ("true".equals(System.getenv("CI"))) {
      assertThat(runs).as("/usr/sbin/haproxy").isTrue();
    }
    assumeTrue(runs, "no /usr/sbin/haproxy");
    page.walk("## 2.", "## 3.", "site/");

    try (HostProcess host = page.start(page.block("remote"));
        HostProcess proxy = page.start("/usr/sbin/haproxy -db -f site/proxy.cfg")) {
      awaitRunning(host);
      try (HostProcess plugin = page.start(page.block("through-proxy"))) {
        awaitRecord("remote-state", registered());
        assertThat(proxy.process().isAlive()).as(proxy.err()).isTrue();
        assertThat(plugin.process().isAlive()).as(plugin.err()).isTrue();
        stop(host);
      }
    }
  }

  /** Row: DC-4. */
  @Test
  void sections4And5_anotherAuthorityAndATakeover_asPrinted() throws Exception {
    page.walk("## 4.", "## 5.", "site/");
    try (HostProcess host = page.start(page.block("rotating"))) {
      awaitRunning(host);
      assertDone(page.typed(page.block("next-authority")));
      awaitRecord("state", RETIRED);
      assertDone(page.typed(page.block("next-list")));
      awaitRecord("state", Pattern.compile("\"action\":\"revocation-list\""));

      Ran second = page.typed(page.block("second-host"));
      assertThat(second.status()).as(second.err()).isNotZero();
      page.assertPrinted(second.err(), "second-host-error");
      stop(host);
    }
    try (HostProcess successor = page.start(page.block("rotating"))) {
      awaitRunning(successor);
      stop(successor);
    }
  }

  /** Row: DC-8. */
  @Test
  void section6_asPrinted_endsThePluginAndBringsItBack() throws Exception {
    page.walk("## 4.", "## 5.", "site/");
    try (HostProcess host = page.start(page.block("rotating"))) {
      awaitRunning(host);
      awaitRecord("state", registered());

      Ran isolated = page.typed(page.block("isolate"));
      assertThat(isolated.out()).as(isolated.err()).contains("incident-called").contains("deny");
      assertDone(page.typed(page.block("cut-off")));
      awaitRecord("state", Pattern.compile("its certificate was revoked"));

      Ran investigated = page.typed(page.block("investigate"));
      assertThat(investigated.out())
          .as(investigated.err())
          .contains("whole: records 1 to")
          .contains("\"action\":\"enrol\"");
      stop(host);
    }

    assertThat(page.typed(page.block("restore")).out()).contains("host-splits");
    try (HostProcess host = page.start(page.block("rotating"))) {
      awaitRunning(host);
      stop(host);
    }
  }

  /** Row: DC-8. */
  @Test
  void section6_inAProgram_revokesTheRun() throws Exception {
    page.walk("## 6.", "", "site/");

    Ran responded = page.typed(page.block("respond"));

    assertThat(responded.status()).as(responded.err()).isZero();
    assertThat(responded.out()).startsWith("Failed").contains("whole: records 1 to");
  }

  /** The commands that change what runs, and one that looks at each change, by a shell. */
  @Test
  void section8_asPrinted_changesWhatRuns() throws Exception {
    page.walk("## 8.", "## 9.", "site/");
    try (HostProcess host = page.start(page.block("administered"))) {
      awaitRunning(host);
      Ran changed = page.typed(page.block("administer"));
      assertDone(changed);
      page.assertPrinted(changed.out(), "administer-output");
      stop(host);
    }
  }

  /** Probes by curl, and an orchestrator that is not there. Row: LC-4, LC-8. */
  @Test
  void section9_asPrinted_tellsThatTheHostIsThere() throws Exception {
    page.walk("## 9.", "", "site/");
    try (HostProcess host = page.start(page.block("told"))) {
      awaitRunning(host);
      Ran probed = page.typed(page.block("probe"));
      assertThat(probed.out()).as(probed.err()).isEqualTo(page.block("probe-output"));
      await().atMost(LIMIT).untilAsserted(() -> page.assertPrinted(host.err(), "told-error"));
      stop(host);
    }
  }

  private static void assertDone(Ran ran) {
    assertThat(ran.status()).as(ran.out() + ran.err()).isZero();
  }

  private static Pattern registered() {
    return Pattern.compile("\"actor\":\"tokens-[^\n]*\"action\":\"register\"");
  }

  private static void awaitRunning(HostProcess host) {
    await()
        .atMost(LIMIT)
        .until(() -> host.out().startsWith("running: 1") || !host.process().isAlive());
    assertThat(host.process().isAlive()).as(host.err()).isTrue();
  }

  private void awaitRecord(String state, Pattern record) {
    Path log = page.folder().resolve("site").resolve(state).resolve("audit.jsonl");
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> assertThat(new String(Files.readAllBytes(log), UTF_8)).containsPattern(record));
  }

  private static void stop(HostProcess host) throws InterruptedException {
    host.process().destroy(); // SIGTERM
    assertThat(host.status()).as(host.err()).isZero();
  }
}
