package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The walks of docs/getting-started.md: the files of a heading and its commands, in their order.
 */
final class GettingStartedTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private Walk page;

  @BeforeEach
  void makeClone() throws IOException {
    page = Walk.of("getting-started.md");
  }

  @AfterEach
  void removeClone() throws IOException {
    page.close();
  }

  @Test
  void javaWalk_asPrinted_callsThePluginAndRunsIt() throws Exception {
    page.walk("## 2.", "## 4.", "mine/");

    assertThat(page.typed(page.block("java")).out()).isEqualTo(page.block("output"));
    try (HostProcess host = page.start(page.block("until-running"))) {
      await().atMost(LIMIT).until(() -> host.out().equals("running: 1 plugins\n"));
      host.process().destroy(); // SIGTERM
      assertThat(host.status()).isZero();
    }
    assertThat(page.typed("mine/java/split/bin/split"))
        .satisfies(ran -> assertThat(ran.status()).isEqualTo(2))
        .satisfies(ran -> page.assertPrinted(ran.err(), "error-by-hand"));
  }

  @Test
  void errors_provoked_areThoseOfThePage() throws Exception {
    page.walk("## 2.", "## 4.", "mine/");
    Path policy = page.folder().resolve("mine/policy.toml");
    String allowing = Files.readString(policy);
    Files.writeString(policy, allowing.replace("\"split\"", "\"other\""));

    Ran provide = page.typed(page.block("until-running"));
    assertThat(provide.status()).as(provide.err()).isEqualTo(Main.PLUGIN);
    page.assertPrinted(provide.err(), "error-provide");

    Files.writeString(policy, allowing);
    Files.writeString(page.folder().resolve("mine/java/split/bin/split"), "#!/bin/sh\n");
    Ran checksum = page.typed(page.block("until-running"));
    assertThat(checksum.status()).as(checksum.err()).isEqualTo(Main.CONFIGURATION);
    page.assertPrinted(checksum.err(), "error-checksum");
  }

  @Test
  void pythonWalk_asPrinted_callsThePlugin() throws Exception {
    boolean runs = PythonInterpreter.runsPlugins();
    if ("true".equals(System.getenv("CI"))) {
      assertThat(runs).as("python3 with grpc, protobuf and cryptography").isTrue();
    }
    assumeTrue(runs, "/usr/bin/python3 lacks grpc, protobuf or cryptography");
    page.walk("## 2.", "## 3.", "mine/");
    page.walk("## 4.", "## 5.", "mine/");

    assertThat(page.typed(page.block("python")).out()).isEqualTo(page.block("output"));
  }
}
