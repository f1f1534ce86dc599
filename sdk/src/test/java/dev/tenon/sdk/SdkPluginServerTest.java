package dev.tenon.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.PluginServer;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.transport.Bootstrap;
import dev.tenon.v1.PluginControlGrpc;
import dev.tenon.v1.ShutdownRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How a plugin's process begins and ends, with a process that only pretends to. */
@Timeout(180)
final class SdkPluginServerTest {
  @TempDir Path folder;
  private final FakeJvm jvm = new FakeJvm(Optional.of("stdin"));
  private Optional<FakeHost> host = Optional.empty();

  @AfterEach
  void stopHost() {
    host.ifPresent(FakeHost::close);
  }

  @Test
  void serviceLoader_sdkOnClassPath_findsIt() {
    assertThat(ServiceLoader.load(PluginServer.class).findFirst())
        .hasValueSatisfying(server -> assertThat(server).isInstanceOf(SdkPluginServer.class));
  }

  @Test
  void serve_noBootstrap_printsHowToStartAndExits2() throws Exception {
    FakeJvm alone = new FakeJvm(Optional.empty());

    new SdkPluginServer(alone).serve(EchoPlugin.plugin());

    assertThat(alone.exits).containsExactly(2);
    assertThat(alone.printed()).contains("echo is a Tenon plugin").contains("TENON_BOOTSTRAP=");
    assertThat(alone.printed().lines()).hasSizeBetween(2, 4);
  }

  @Test
  void serve_unknownSource_exits2() throws Exception {
    FakeJvm alone = new FakeJvm(Optional.of("env:TOKEN"));

    new SdkPluginServer(alone).serve(EchoPlugin.plugin());

    assertThat(alone.exits).containsExactly(2);
  }

  @Test
  void serve_stdinEndsBeforeDocument_fails() {
    jvm.write("{\"tenon\":1");
    jvm.write("");

    assertThatThrownBy(() -> new SdkPluginServer(jvm).serve(EchoPlugin.plugin()))
        .isInstanceOf(PluginStartException.class)
        .hasMessageContaining("expected: one line with the start document");
  }

  @Test
  void serve_documentTooLong_fails() {
    jvm.write(" ".repeat(Bootstrap.MAX_BYTES + 1));

    assertThatThrownBy(() -> new SdkPluginServer(jvm).serve(EchoPlugin.plugin()))
        .isInstanceOf(PluginStartException.class)
        .hasMessageContaining("too long");
  }

  @Test
  void serve_hostShutsDown_returns() {
    CompletableFuture<Void> served = serve();
    assertThat(jvm.termination).hasSize(1);

    var unused =
        PluginControlGrpc.newBlockingStub(host().toPlugin())
            .shutdown(ShutdownRequest.getDefaultInstance());

    assertThat(served).succeedsWithin(Duration.ofSeconds(20));
    assertThat(jvm.exits).isEmpty();
    assertThat(jvm.halts).isEmpty();
    assertThat(jvm.termination).isEmpty();
  }

  /**
   * Where the answer to the enrolment was lost, the token is not shown again: the plugin waits for
   * another line of the same run, and passes over others. Row: HS-15
   */
  @Test
  void serve_answerToEnrolmentLost_enrolsWithTheNextLine() throws Exception {
    FakeHost started = FakeHost.start(folder);
    host = Optional.of(started);
    started.answers.losesEnrolment = true;
    Bootstrap first = started.bootstrap("echo");
    Bootstrap second = started.bootstrap("echo");
    jvm.write(first.toJsonLine());
    CompletableFuture<Void> served = serving();
    await().atMost(Duration.ofSeconds(60)).until(() -> started.answers.enrolments.size() == 1);
    started.answers.losesEnrolment = false;

    jvm.write(first.toJsonLine());
    jvm.write(started.bootstrap("other").toJsonLine());
    jvm.write(second.toJsonLine());

    await().atMost(Duration.ofSeconds(60)).until(() -> jvm.termination.size() == 1);
    assertThat(started.answers.enrolments)
        .extracting(request -> request.getEnrolmentToken())
        .containsExactly(
            first.enrolmentToken().exposeForWire(), second.enrolmentToken().exposeForWire());
    jvm.write("");
    assertThat(served).succeedsWithin(Duration.ofSeconds(20));
  }

  /**
   * The end of stdin ends the plugin in good order and, in case that hangs, by force. Row: LC-21
   */
  @Test
  void serve_stdinEnds_returnsAndHalts() {
    CompletableFuture<Void> served = serve();

    jvm.write("");

    assertThat(served).succeedsWithin(Duration.ofSeconds(20));
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(jvm.halts).containsExactly(3));
  }

  @Test
  void serve_furtherLines_changeNothing() {
    CompletableFuture<Void> served = serve();

    jvm.write("{\"tenon\":1,\"enrolment_token\":\"x\"}\n");
    jvm.write("x".repeat(Bootstrap.MAX_BYTES + 10) + "\nshort\n");

    assertThat(
            EchoGrpc.newBlockingStub(host().toPlugin())
                .unary(EchoRequest.getDefaultInstance())
                .getPid())
        .isPositive();
    assertThat(served).isNotDone();
    assertThat(jvm.halts).isEmpty();
    jvm.write("");
    assertThat(served).succeedsWithin(Duration.ofSeconds(20));
  }

  /** SIGTERM runs the termination task, which ends the plugin in good order. */
  @Test
  void serve_terminated_drainsAndReturns() {
    CompletableFuture<Void> served = serve();

    jvm.termination.get(0).start();

    assertThat(served).succeedsWithin(Duration.ofSeconds(20));
    assertThat(jvm.halts).isEmpty();
  }

  private CompletableFuture<Void> serve() {
    FakeHost started = FakeHost.start(folder);
    host = Optional.of(started);
    jvm.write(started.bootstrap("echo").toJsonLine());
    CompletableFuture<Void> served = serving();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> served.isDone() || jvm.termination.size() == 1);
    return served;
  }

  private CompletableFuture<Void> serving() {
    return CompletableFuture.runAsync(
        () -> {
          try {
            new SdkPluginServer(jvm).serve(EchoPlugin.plugin());
          } catch (PluginStartException | InterruptedException e) {
            throw new CompletionException(e);
          }
        });
  }

  private FakeHost host() {
    return host.orElseThrow();
  }
}
