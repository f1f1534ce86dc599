package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.tenon.core.PluginState;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Plugins that start when they are first called. */
class LazyStartTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final EchoRequest REQUEST =
      EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8("hello")).build();

  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  private Path log() {
    return home.root().resolve("started");
  }

  /** A plugin whose program notes each start. */
  private void lazyEcho() throws IOException {
    home.provides("echo", EchoGrpc.SERVICE_NAME)
        .program("echo", ModePlugins.class, "echo")
        .also("echo", "start = \"lazy\"");
    Path program = home.plugins().resolve("echo").resolve("program");
    Files.writeString(
        program,
        Files.readString(program)
            .replace("#!/bin/sh\n", "#!/bin/sh\necho up >> \"$TEST_HOME/started\"\n"));
    home.describe("echo", TestHome.sha256(program), "program").also("echo", "start = \"lazy\"");
  }

  /**
   * However many calls come first, there is one process, and all of them are answered.
   *
   * <p>Row: LC-14
   */
  @Test
  void call_fiftyFirstUsesAtOnce_oneProcessAnswersAll() throws Exception {
    lazyEcho();

    try (PluginHost host = home.host().start()) {
      assertThat(host.plugins()).isEmpty();
      assertThat(log()).doesNotExist();

      EchoGrpc.EchoFutureStub echo = host.client(EchoGrpc::newFutureStub);
      List<Future<EchoResponse>> calls = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        calls.add(echo.unary(REQUEST));
      }
      Set<String> answers = new HashSet<>();
      for (Future<EchoResponse> call : calls) {
        answers.add(call.get(60, TimeUnit.SECONDS).getPayload().toStringUtf8());
      }

      assertThat(answers).containsExactly("hello");
      assertThat(Files.readString(log())).isEqualTo("up\n");
      assertThat(host.plugins())
          .singleElement()
          .extracting(PluginStatus::state)
          .isEqualTo(new PluginState.Healthy());
      assertThat(host.client(EchoGrpc::newBlockingStub).unary(REQUEST).getPayload())
          .isEqualTo(REQUEST.getPayload());
      assertThat(Files.readString(log())).as("started again").isEqualTo("up\n");
    }
  }

  /**
   * A call of another plugin starts it too, by the router: a stub that blocks, and one that does
   * not hold up other calls meanwhile.
   *
   * <p>Row: LC-14
   */
  @Test
  void call_ofPlugin_startsWhatItCalls() throws Exception {
    lazyEcho();
    home.provides("caller", OtherGrpc.SERVICE_NAME).calls("caller", EchoGrpc.SERVICE_NAME);
    try (PluginHost host =
        home.bareHost()
            .plugins(home.plugins())
            .plugin(InJvm.of(ModePlugins.plugin("caller")))
            .start()) {
      assertThat(log()).doesNotExist();

      EchoResponse response = host.client(OtherGrpc::newBlockingStub).unary(REQUEST);

      assertThat(response.getCaller()).isEqualTo("caller");
      assertThat(Files.readString(log())).isEqualTo("up\n");
    }
  }

  /** What is required at start starts at once. */
  @Test
  void start_pluginRequiresLazyOne_startsIt() throws Exception {
    lazyEcho();
    home.provides("asker", OtherGrpc.SERVICE_NAME).calls("asker", EchoGrpc.SERVICE_NAME);
    try (PluginHost host = home.host().plugin(ModePlugins.plugin("asker")).start()) {
      assertThat(Files.readString(log())).isEqualTo("up\n");
      assertThat(host.client(OtherGrpc::newBlockingStub).unary(REQUEST).getCaller())
          .isEqualTo("asker");
    }
  }

  /**
   * A call that waits is bounded by its own deadline, and may be cancelled.
   *
   * <p>Row: LC-14
   */
  @Test
  void call_startTakesLonger_endsByDeadlineOrCancel() throws Exception {
    home.provides("mute", EchoGrpc.SERVICE_NAME);
    home.shell("mute", "touch \"$TEST_HOME/up\"; exec cat").also("mute", "start = \"lazy\"");

    try (PluginHost host = home.host().stopGrace(Duration.ofSeconds(1)).start()) {
      Future<EchoResponse> patient = host.client(EchoGrpc::newFutureStub).unary(REQUEST);

      assertThatThrownBy(
              () ->
                  host.client(EchoGrpc::newBlockingStub)
                      .withDeadlineAfter(300, TimeUnit.MILLISECONDS)
                      .unary(REQUEST))
          .extracting(e -> Status.fromThrowable(e).getCode())
          .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(patient.isDone()).isFalse();
      assertThat(patient.cancel(true)).isTrue();
      Awaitility.await().atMost(LONG).until(() -> Files.exists(home.root().resolve("up")));
    }
  }

  /**
   * A start that fails ends the calls that wait for it; a later call tries again.
   *
   * <p>Row: LC-14
   */
  @Test
  void call_startFails_unavailableAndTriedAgainLater() throws Exception {
    home.provides("echo", EchoGrpc.SERVICE_NAME);
    home.shell("echo", "echo up >> \"$TEST_HOME/started\"; exit 3")
        .also("echo", "start = \"lazy\"");

    try (PluginHost host = home.host().start()) {
      EchoGrpc.EchoBlockingStub echo = host.client(EchoGrpc::newBlockingStub);

      assertThat(codeOf(echo)).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(Files.readString(log())).isEqualTo("up\n");
      Awaitility.await()
          .atMost(LONG)
          .pollInterval(Duration.ofMillis(100))
          .untilAsserted(
              () -> {
                assertThat(codeOf(echo)).isEqualTo(Status.Code.UNAVAILABLE);
                assertThat(Files.readString(log())).startsWith("up\nup\n");
              });
    }
  }

  private static Status.Code codeOf(EchoGrpc.EchoBlockingStub echo) {
    try {
      var unused = echo.unary(REQUEST);
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  /**
   * A way to launch that nobody knows is refused, with those that there are.
   *
   * <p>Row: LC-14
   */
  @Test
  void start_unknownLaunchKind_listsThoseThatThereAre() throws Exception {
    home.java("echo", Behaviour.ECHO).also("echo", "launch = \"docker\"");

    assertThatThrownBy(() -> home.host().start())
        .hasMessageContaining("launch: got \"docker\" (expected: one of process, remote)");
  }
}
