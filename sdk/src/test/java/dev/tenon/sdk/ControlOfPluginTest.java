package dev.tenon.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.Plugin;
import dev.tenon.core.SpiffeId;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.transport.Credentials;
import dev.tenon.v1.DrainRequest;
import dev.tenon.v1.DrainResponse;
import dev.tenon.v1.PluginControlGrpc;
import dev.tenon.v1.ShutdownRequest;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the host, and only the host, can tell a plugin. Row: LC-13, HS-14 */
@Timeout(180)
final class ControlOfPluginTest {
  @TempDir Path folder;
  private final EchoService echo = new EchoService();
  private FakeHost host;
  private RunningPlugin plugin;
  private Channel channel;

  @BeforeEach
  void startPlugin() throws Exception {
    host = FakeHost.start(folder);
    Plugin served = Plugin.named("echo").provides(EchoGrpc.SERVICE_NAME, context -> echo).build();
    plugin = RunningPlugin.start(served, host.bootstrap("echo"), TestSettings.PATIENT);
    channel = host.toPlugin();
  }

  @AfterEach
  void stop() {
    plugin.close();
    host.close();
  }

  /**
   * A plugin's own certificate, of its right authority, does not make anyone a host. Row: HS-14.
   *
   * <p>Denies: PluginControl/Shutdown NOT_ALLOWED.
   */
  @Test
  void shutdown_byAnotherPlugin_refused() {
    TestTrust trust = host.trust;
    assertRefused(trust.plugins().credentials(trust.plugin("evil"), trust.hosts().bundle()));
  }

  /** Nor does a plugin's identity that the hosts' authority was tricked into. Row: HS-14 */
  @Test
  void shutdown_byPluginIdOfHostAuthority_refused() {
    TestTrust trust = host.trust;
    assertRefused(trust.hosts().credentials(trust.plugin("evil"), trust.plugins().bundle()));
  }

  /** Nor another host's. Row: HS-14 */
  @Test
  void shutdown_byAnotherHost_refused() {
    TestTrust trust = host.trust;
    var other = new SpiffeId.OfHost(trust.host().trustDomain(), "h2");
    assertRefused(trust.hosts().credentials(other, trust.plugins().bundle()));
  }

  private void assertRefused(Credentials attacker) {
    Channel attack = host.toPlugin(attacker);
    assertThatThrownBy(
            () ->
                PluginControlGrpc.newBlockingStub(attack)
                    .shutdown(ShutdownRequest.getDefaultInstance()))
        .isInstanceOf(StatusRuntimeException.class);
    assertThatThrownBy(
            () -> EchoGrpc.newBlockingStub(attack).unary(EchoRequest.getDefaultInstance()))
        .isInstanceOf(StatusRuntimeException.class);
    assertThat(echo(channel).getPid()).isPositive();
  }

  @Test
  void drain_callInFlight_finishesItAndRefusesNewOnes() throws Exception {
    Future<EchoResponse> call = hang();

    Future<DrainResponse> drained =
        PluginControlGrpc.newFutureStub(channel).drain(DrainRequest.getDefaultInstance());
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertStatus(() -> echo(channel), Status.Code.UNAVAILABLE));
    assertThat(drained.isDone()).isFalse();

    echo.release();
    assertThat(call.get(60, TimeUnit.SECONDS).getPid()).isPositive();
    assertThat(drained.get(60, TimeUnit.SECONDS).getInFlight()).isZero();
    assertThat(drain(DrainRequest.getDefaultInstance()).getInFlight()).isZero();
  }

  @Test
  void drain_deadlinePasses_tellsWhatIsStillRunning() {
    Future<EchoResponse> call = hang();

    DrainResponse answer =
        drain(
            DrainRequest.newBuilder()
                .setDeadline(Durations.message(Duration.ofMillis(50)))
                .build());

    assertThat(answer.getInFlight()).isEqualTo(1);
    assertThat(call.isDone()).isFalse();
  }

  @Test
  void drain_deadlineOutOfRange_refused() {
    assertStatus(
        () ->
            drain(
                DrainRequest.newBuilder()
                    .setDeadline(Durations.message(Duration.ofSeconds(601)))
                    .build()),
        Status.Code.INVALID_ARGUMENT);
    assertStatus(
        () ->
            drain(
                DrainRequest.newBuilder()
                    .setDeadline(Durations.message(Duration.ofSeconds(-1)))
                    .build()),
        Status.Code.INVALID_ARGUMENT);
    assertThat(echo(channel).getPid()).isPositive();
  }

  /** The answer comes at once; the plugin ends as soon as its last call has. Row: LC-13 */
  @Test
  void shutdown_callInFlight_answersAtOnceAndEndsAfterIt() throws Exception {
    Future<EchoResponse> call = hang();

    shutdown(Duration.ofSeconds(60), "bye");
    assertStatus(() -> echo(channel), Status.Code.UNAVAILABLE);
    CompletableFuture<Void> ended = end();
    assertThat(ended).isNotDone();

    echo.release();
    assertThat(call.get(60, TimeUnit.SECONDS).getPid()).isPositive();
    assertThat(ended).succeedsWithin(Duration.ofSeconds(10));
  }

  /** A call that does not end does not keep the plugin beyond the grace. Row: LC-13 */
  @Test
  void shutdown_callOutlivesGrace_endsWithoutIt() {
    Future<EchoResponse> call = hang();

    shutdown(Duration.ofMillis(100), "");

    assertThat(end()).succeedsWithin(Duration.ofSeconds(10));
    plugin.close();
    await().atMost(Duration.ofSeconds(60)).until(call::isDone);
  }

  @Test
  void shutdown_reasonOrGraceOutOfRange_refused() {
    assertStatus(() -> shutdown(Duration.ofHours(1), ""), Status.Code.INVALID_ARGUMENT);
    assertStatus(() -> shutdown(Duration.ZERO, "a\nb"), Status.Code.INVALID_ARGUMENT);
    assertThat(echo(channel).getPid()).isPositive();
  }

  private Future<EchoResponse> hang() {
    Future<EchoResponse> call =
        EchoGrpc.newFutureStub(channel).unary(EchoRequest.newBuilder().setHang(true).build());
    await().atMost(Duration.ofSeconds(60)).until(() -> echo.hanging() == 1);
    return call;
  }

  private DrainResponse drain(DrainRequest request) {
    return PluginControlGrpc.newBlockingStub(channel).drain(request);
  }

  private void shutdown(Duration grace, String reason) {
    var unused =
        PluginControlGrpc.newBlockingStub(channel)
            .shutdown(
                ShutdownRequest.newBuilder()
                    .setGrace(Durations.message(grace))
                    .setReason(reason)
                    .build());
  }

  private CompletableFuture<Void> end() {
    return CompletableFuture.runAsync(
        () -> {
          try {
            plugin.awaitEnd();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static EchoResponse echo(Channel channel) {
    return EchoGrpc.newBlockingStub(channel).unary(EchoRequest.getDefaultInstance());
  }

  private static void assertStatus(ThrowingCallable call, Status.Code code) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
  }
}
