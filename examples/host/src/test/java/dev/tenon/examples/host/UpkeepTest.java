package dev.tenon.examples.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Timestamp;
import dev.tenon.host.PluginHost;
import dev.tenon.v1.GrantRequest;
import dev.tenon.v1.GrantResponse;
import dev.tenon.v1.GrantsGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code tenon.toml} says about files, tokens and grants, at work in a running host. */
final class UpkeepTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String LOG = "dev.tenon.log.v1.Log";
  private static final String POLICY =
      """
      [[rule]]
      id = "words-logs"
      effect = "allow"
      caller = "words"
      service = "dev.tenon.log.v1.Log"
      """;

  @TempDir Path folder;

  /**
   * One host's files, with one plugin that it does not start, whose bootstrap is {@code document}.
   */
  private record Site(Path folder, Path document) {
    static Site make(Path folder, String settings) throws IOException {
      Files.createDirectory(folder);
      Site site =
          new Site(
              folder,
              EnrolledByHand.describe(
                  folder.resolve("plugins"), "words", folder.resolve("secrets")));
      site.policy(POLICY);
      Files.writeString(
          site.config(),
          """
          plugins = "plugins"
          policy = "policy.toml"
          state = "state"
          run = { directory = "r", allow_root = true }
          enrol.listen = "tcp:127.0.0.1:0"
          control.listen = "tcp:127.0.0.1:0"
          data.listen = "tcp:127.0.0.1:0"
          """
              + settings);
      return site;
    }

    Path config() {
      return folder.resolve("tenon.toml");
    }

    void policy(String text) throws IOException {
      Files.writeString(folder.resolve("policy.toml"), text);
    }

    Path state(String name) {
      return folder.resolve("state").resolve(name);
    }

    HostProcess run() throws IOException {
      return HostProcess.start(
          folder, List.of("-Xmx256m"), List.of("run", "--config", config().toString()));
    }

    boolean hasSealedASegment() throws IOException {
      try (Stream<Path> files = Files.list(folder.resolve("state"))) {
        return files.anyMatch(
            file -> file.getFileName().toString().matches("audit-\\d+\\.jsonl\\.gz"));
      }
    }

    long policyChanges() throws IOException {
      return new String(Files.readAllBytes(state("audit.jsonl")), UTF_8)
          .lines()
          .filter(line -> line.contains("\"event\":\"policy\""))
          .count();
    }
  }

  private static void awaitRunning(HostProcess host) {
    await()
        .atMost(LIMIT)
        .until(() -> host.out().startsWith("running: ") || !host.process().isAlive());
    assertThat(host.process().isAlive()).as(host.err()).isTrue();
  }

  private static GrantResponse grant(EnrolledByHand plugin) {
    return GrantsGrpc.newBlockingStub(plugin.control())
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .request(GrantRequest.newBuilder().setService(LOG).build());
  }

  /**
   * A policy that is read once an hour is in force long after another host has taken two others; a
   * segment is sealed at a kilobyte; a run has one grant, of five minutes.
   *
   * <p>Row: CF-4
   */
  @Test
  void run_withOwnUpkeep_keepsToIt() throws Exception {
    Site usual = Site.make(folder.resolve("usual"), "");
    Site own =
        Site.make(
            folder.resolve("own"),
            """
            policy_interval = "PT1H"
            audit.segment_bytes = 1024
            grants = { life = "PT5M", per_run = 1 }
            """);
    try (HostProcess other = usual.run();
        HostProcess host = own.run()) {
      awaitRunning(other);
      awaitRunning(host);
      try (EnrolledByHand words = EnrolledByHand.from(own.document())) {
        own.policy("# nothing is allowed\n");
        for (int i = 1; i <= 2; i++) {
          long changes = i;
          usual.policy(POLICY.replace("words-logs", "rule-" + i));
          await().atMost(LIMIT).until(() -> usual.policyChanges() >= changes);
        }

        Instant before = Instant.now();
        GrantResponse grant = grant(words);
        Instant after = Instant.now();
        // The first may have ended meanwhile: nobody answers when the host asks for the plugin's
        // health.
        List<Status.Code> more =
            Stream.generate(
                    () -> catchThrowableOfType(StatusRuntimeException.class, () -> grant(words)))
                .limit(3)
                .map(refused -> refused == null ? Status.Code.OK : refused.getStatus().getCode())
                .toList();

        assertThat(instant(grant.getExpires()))
            .isBetween(before.plus(Duration.ofMinutes(5)), after.plus(Duration.ofMinutes(5)));
        assertThat(more).contains(Status.Code.RESOURCE_EXHAUSTED);
        await().atMost(LIMIT).until(own::hasSealedASegment);
        assertThat(usual.hasSealedASegment()).isFalse();
      }
    }
  }

  private static Instant instant(Timestamp time) {
    return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
  }

  /** A token is taken for as long after its end as the file says, and no longer. Row: CF-4. */
  @Test
  void host_withClockTolerance_takesATokenAfterItsEnd() throws Exception {
    Site site =
        Site.make(
            folder.resolve("site"), "tokens = { life = \"PT2M\", clock_tolerance = \"PT1M\" }\n");
    Instant begin = Instant.now();
    AtomicLong seconds = new AtomicLong();
    try (PluginHost host =
            HostConfig.read(site.config())
                .host(List.of())
                .clock(() -> begin.plusSeconds(seconds.get()))
                .start();
        EnrolledByHand words = EnrolledByHand.from(site.document())) {
      assertThat(host.plugins()).hasSize(1);
      seconds.set(179);
      words.reportHealth();

      seconds.set(181);
      StatusRuntimeException refused =
          catchThrowableOfType(StatusRuntimeException.class, words::reportHealth);

      assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    }
  }
}
