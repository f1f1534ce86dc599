package dev.tenon.examples.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tenon.examples.markdown.v1.MarkdownGrpc;
import dev.tenon.examples.markdown.v1.OutlineRequest;
import dev.tenon.examples.markdown.v1.OutlineResponse;
import dev.tenon.host.PluginHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The plugin in Python as a real process; skipped where the interpreter lacks what it needs. */
final class PythonPluginTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Path FOLDER = Path.of("../python");

  @BeforeEach
  void needPython() {
    boolean runs = PythonInterpreter.runsPlugins();
    if ("true".equals(System.getenv("CI"))) {
      assertThat(runs).as("python3 with grpc, protobuf and cryptography").isTrue();
    }
    assumeTrue(runs, "/usr/bin/python3 lacks grpc, protobuf or cryptography");
  }

  @Test
  void plugin_inPython_servesUntilTheHostCloses() throws Exception {
    try (Place place = Place.make()) {
      place.configure("python = \"%s\"".formatted(FOLDER.toRealPath()));
      place.configureOnly("store");
      long pid;
      try (PluginHost host =
          HostConfig.read(place.config()).host(List.of()).startLimits(LIMIT, LIMIT).start()) {
        pid =
            host.plugins().stream()
                .filter(plugin -> plugin.name().value().equals(Outlines.PLUGIN))
                .findFirst()
                .orElseThrow()
                .pid()
                .orElseThrow();

        OutlineResponse answer =
            host.client(MarkdownGrpc::newBlockingStub)
                .outline(OutlineRequest.newBuilder().setText("# A\n[b](c) [d](e)\n").build());

        assertThat(answer.getHeadings()).isEqualTo(1);
        assertThat(answer.getLinks()).isEqualTo(2);
        assertThat(answer.getCodeBlocks()).isZero();
      }
      assertThat(ProcessHandle.of(pid)).isEmpty();
      assertThat(Files.readString(place.audit()))
          .contains("\"actor\":\"markdown-", "ended with status 0");
    }
  }

  @Test
  void sha256_ofLauncher_isPinned() throws Exception {
    byte[] launcher = Files.readAllBytes(FOLDER.resolve("bin/markdown"));
    String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(launcher));

    assertThat(Files.readString(FOLDER.resolve("plugin.toml"))).contains(digest);
  }

  @Test
  void unitTests_ofPython_pass() throws IOException, InterruptedException {
    Process tests =
        new ProcessBuilder("/usr/bin/python3", "-E", "-s", "-B", "-m", "unittest", "test_plugin")
            .directory(FOLDER.toFile())
            .redirectErrorStream(true)
            .start();
    String printed = new String(tests.getInputStream().readAllBytes(), UTF_8);

    assertThat(tests.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(tests.exitValue()).as(printed).isZero();
  }
}
