package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditVerification;
import dev.tenon.core.PluginState;
import dev.tenon.core.Refusal;
import dev.tenon.core.RuntimeId;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.v1.DiscoverRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An audit log on a file system of 64 KiB that is full. Only root may mount one; what any user can
 * test is a limit on the size of files.
 */
class FullDiskTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo"]
      [[rule]]
      id = "host"
      effect = "allow"
      caller = "host"
      service = "testservice.v1.Echo"
      """;

  @TempDir Path small;
  private Path log;
  private Path ballast;

  @BeforeEach
  void mount() throws Exception {
    assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small.toString()), "no root");
    log = small.resolve("audit.jsonl");
    ballast = small.resolve("ballast");
  }

  @AfterEach
  void unmount() throws Exception {
    var unused = run("umount", "-l", small.toString());
  }

  private static boolean run(String... command) throws Exception {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Nothing is called and nothing drained while there is no space; when there is again it goes on
   * by itself, and a restart finds a whole log. Row: AU-3. Attack: A1, O6.
   */
  @Test
  void mutations_diskFullThenNot_refusedAndWithoutEffectThenDone() throws Exception {
    NamedEcho echo = new NamedEcho("alpha");
    try (TestHost test = start()) {
      RawPlugin alpha = test.plugin("alpha");
      alpha.serve(echo);
      var unused = alpha.register(NamedEcho.SERVICE);
      fill(alpha);

      assertThat(Refused.by(() -> call(test)).is(Refusal.INTERNAL)).isTrue();
      assertThatExceptionOfType(AuditFailedException.class)
          .isThrownBy(
              () -> test.host().drain(new RuntimeId(alpha.runtimeId()), Duration.ofSeconds(60)));

      assertThat(echo.calls).hasValue(0);
      assertThat(test.host().plugins())
          .extracting(PluginStatus::state)
          .noneMatch(PluginState.Draining.class::isInstance);
      Files.delete(ballast);
      call(test);
      assertThat(echo.calls).hasValue(1);
    }

    try (TestHost again = start()) {
      assertThat(again.plugin("alpha").runtimeId()).isNotEmpty();
    }
    assertThat(AuditVerification.verify(log)).isInstanceOf(AuditVerification.Whole.class);
  }

  private TestHost start() throws Exception {
    return TestHost.with(POLICY)
        .enrolled("alpha", NamedEcho.SERVICE)
        .set(builder -> builder.audit(log))
        .start();
  }

  private static void call(TestHost test) {
    var unused =
        test.host().client(EchoGrpc::newBlockingStub).unary(EchoRequest.getDefaultInstance());
  }

  /** Takes all space that there is, and then what is left of the last page of the log. */
  private void fill(RawPlugin alpha) throws IOException {
    try (OutputStream out = Files.newOutputStream(ballast)) {
      byte[] some = new byte[512];
      while (true) {
        out.write(some);
      }
    } catch (IOException full) {
      assertThat(full).hasMessageContaining("No space left");
    }
    DiscoverRequest denied = DiscoverRequest.newBuilder().setService("acme.v1.No").build();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> Refused.by(() -> alpha.registry().discover(denied)).is(Refusal.INTERNAL));
  }
}
