package dev.tenon.examples.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A host's process that is asked to end (SIGTERM) before its plugins are there. */
@Timeout(300)
final class EndedInItsStartTest {
  private static final Duration SOON = Duration.ofMinutes(2);

  private static void describe(Path folder, String plugin) throws Exception {
    Path program =
        Files.createDirectories(folder.resolve("plugins").resolve(plugin)).resolve("run");
    Files.writeString(program, "#!/bin/sh\nexec sleep 600\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    Files.writeString(
        program.resolveSibling("plugin.toml"),
        """
        name = "%s"
        version = "1.0.0"
        isolation = "shared-uid"
        command = ["run"]
        sha256 = "%s"
        """
            .formatted(
                plugin,
                HexFormat.of()
                    .formatHex(
                        MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(program)))));
  }

  private static List<Path> below(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(path -> !path.equals(folder)).toList();
    }
  }

  /**
   * What was launched is ended at once, and not when its time to enrol is over; no socket and no
   * directory is left, the log says how each run ended, and the status is 0, as after the start.
   *
   * <p>Attack: O9.
   */
  @Test
  void terminated_inItsStart_endsWhatItLaunched() throws Exception {
    Path folder = Files.createTempDirectory(Path.of("/tmp"), "tne").toRealPath();
    describe(folder, "one");
    describe(folder, "two");
    Files.writeString(folder.resolve("policy.toml"), "");
    Files.writeString(
        folder.resolve("tenon.toml"),
        """
        plugins = "plugins"
        policy = "policy.toml"
        state = "state"
        run = { directory = "r", allow_root = true }
        """);
    try (HostProcess host =
        HostProcess.start(
            folder,
            List.of("-Xmx128m"),
            List.of("run", "--config", folder.resolve("tenon.toml").toString()))) {
      await().atMost(SOON).until(() -> host.process().descendants().count() == 2);
      List<ProcessHandle> plugins = host.process().descendants().toList();

      host.process().destroy();

      assertThat(host.status()).as(host.err()).isZero();
      assertThat(plugins).noneMatch(ProcessHandle::isAlive);
      assertThat(host.out()).doesNotContain("running");
      assertThat(host.err()).doesNotContain("did not enrol");
    }
    assertThat(below(folder.resolve("r"))).isEmpty();
    String log = Files.readString(folder.resolve("state/audit.jsonl"), UTF_8);
    List<String> runs = log.lines().filter(line -> line.contains("\"lifecycle\"")).toList();
    assertThat(runs).filteredOn(line -> line.contains("\"action\":\"start\"")).hasSize(2);
    assertThat(runs).filteredOn(line -> line.contains("\"action\":\"end\"")).hasSize(2);
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
