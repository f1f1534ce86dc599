package dev.tenon.sdk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.v1.PluginControlGrpc;
import dev.tenon.v1.ShutdownRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Plugins in processes of their own. */
@Timeout(120)
final class PluginProcessTest {
  @TempDir Path folder;
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void stopProcesses() {
    started.forEach(Process::destroyForcibly);
  }

  @Test
  void main_startedByHand_exits2AndSaysHow() throws Exception {
    Process plugin = start(EchoPlugin.class, "");

    assertThat(plugin.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(plugin.exitValue()).isEqualTo(2);
    assertThat(stderr()).contains("echo is a Tenon plugin").contains("TENON_BOOTSTRAP=stdin");
    assertThat(stdout()).isEmpty();
  }

  /**
   * A plugin of 20 lines, started with nothing but its launch environment, reaches the host over
   * mTLS, serves, and exits with status 0 when told. stdout stays empty. Row: SD-3, SD-8, LC-13
   */
  @Test
  void main_launched_servesUntilShutdown() throws Exception {
    try (FakeHost host = FakeHost.start(folder)) {
      Process plugin = launch(host, EchoPlugin.class);
      awaitHealthy(host);

      assertThat(
              EchoGrpc.newBlockingStub(host.toPlugin())
                  .unary(EchoRequest.getDefaultInstance())
                  .getPid())
          .isEqualTo(plugin.pid());
      var unused =
          PluginControlGrpc.newBlockingStub(host.toPlugin())
              .shutdown(
                  ShutdownRequest.newBuilder()
                      .setGrace(Durations.message(Duration.ofSeconds(20)))
                      .build());

      assertThat(plugin.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(plugin.exitValue()).isZero();
      assertThat(stdout()).isEmpty();
      assertThat(stderr()).doesNotContain("tne_").doesNotContain("tnr_");
    }
  }

  /** The same document from a private file. Row: SD-8 */
  @Test
  void main_documentInFile_serves() throws Exception {
    try (FakeHost host = FakeHost.start(folder)) {
      Path document =
          Files.createFile(
              folder.resolve("bootstrap.json"),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(document, host.bootstrap("echo").toJsonLine());
      Process plugin = start(EchoPlugin.class, "file:" + document);
      plugin.getOutputStream().close();

      awaitHealthy(host);
      assertThat(plugin.isAlive()).isTrue();
    }
  }

  /** The host is gone: so is the plugin, although it would rather not. Row: LC-21 */
  @Test
  void stdinEnds_stubbornPlugin_endsItsProcess() throws Exception {
    try (FakeHost host = FakeHost.start(folder)) {
      Process plugin = launch(host, StubbornPlugin.class);
      awaitHealthy(host);

      plugin.getOutputStream().close();

      assertThat(plugin.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(plugin.exitValue()).isEqualTo(SdkPluginServer.HOST_GONE);
    }
  }

  /** The same while the plugin still waits for the host's answer. Row: LC-21 */
  @Test
  void stdinEnds_pluginStillStarting_endsItsProcess() throws Exception {
    try (FakeHost host = FakeHost.start(folder)) {
      host.answers.registration = request -> HostAnswers.SILENCE;
      Process plugin = launch(host, EchoPlugin.class);
      await().atMost(Duration.ofSeconds(60)).until(() -> !host.answers.registrations.isEmpty());

      plugin.getOutputStream().close();

      assertThat(plugin.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(plugin.exitValue()).isEqualTo(SdkPluginServer.HOST_GONE);
    }
  }

  /** A plugin that does not believe its host exits with a failure and says why. Row: H24 */
  @Test
  void main_hostLies_exitsWithFailure() throws Exception {
    try (FakeHost host = FakeHost.start(folder)) {
      host.answers.enrolment = answer -> answer.clearTokenExpires();
      Process plugin = launch(host, EchoPlugin.class);

      assertThat(plugin.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(plugin.exitValue()).isEqualTo(1);
      assertThat(stderr()).contains("token_expires").doesNotContain("tne_");
    }
  }

  @Test
  void sigterm_servingPlugin_ends() throws Exception {
    try (FakeHost host = FakeHost.start(folder)) {
      Process plugin = launch(host, EchoPlugin.class);
      awaitHealthy(host);

      plugin.toHandle().destroy(); // the signal alone: Process.destroy closes stdin too

      assertThat(plugin.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(plugin.exitValue()).isEqualTo(143);
    }
  }

  private static void awaitHealthy(FakeHost host) {
    await().atMost(Duration.ofSeconds(60)).until(() -> host.answers.health.size() == 1);
  }

  private Process launch(FakeHost host, Class<?> main) throws IOException {
    Process plugin = start(main, "stdin");
    plugin.getOutputStream().write(host.bootstrap("echo").toJsonLine().getBytes(UTF_8));
    plugin.getOutputStream().flush();
    return plugin;
  }

  private Process start(Class<?> main, String bootstrap) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            main.getName());
    builder.environment().clear();
    if (!bootstrap.isEmpty()) {
      builder.environment().put("TENON_BOOTSTRAP", bootstrap);
    }
    builder.redirectOutput(folder.resolve("stdout").toFile());
    builder.redirectError(folder.resolve("stderr").toFile());
    Process process = builder.start();
    started.add(process);
    return process;
  }

  private String stdout() throws IOException {
    return Files.readString(folder.resolve("stdout"));
  }

  private String stderr() throws IOException {
    return Files.readString(folder.resolve("stderr"));
  }
}
