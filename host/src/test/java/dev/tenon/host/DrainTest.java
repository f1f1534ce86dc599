package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.core.PluginState;
import dev.tenon.core.Refusal;
import dev.tenon.core.RuntimeId;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A run that is taken out of service while it is called. */
class DrainTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  /** Longer than a test may take: whoever waits for it to be over fails. */
  private static final Duration FAR = Duration.ofHours(1);

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

  private final OpenEcho echo = new OpenEcho();

  private TestHost start() throws Exception {
    TestHost host =
        TestHost.with(POLICY)
            .enrolled("alpha", EchoGrpc.SERVICE_NAME)
            .set(builder -> builder.stopGrace(FAR))
            .start();
    host.plugin("alpha").serve(echo);
    host.plugin("alpha").register(EchoGrpc.SERVICE_NAME);
    return host;
  }

  private static RuntimeId alpha(TestHost host) {
    return host.plugin("alpha").bootstrap.runtimeId();
  }

  /** Makes a call of the host's own that stays in flight. */
  private ListenableFuture<EchoResponse> hang(TestHost host) {
    int before = echo.open.get();
    ListenableFuture<EchoResponse> call =
        host.host().client(EchoGrpc::newFutureStub).unary(OpenEcho.HANGING);
    await().atMost(SOON).until(() -> echo.open.get() == before + 1);
    return call;
  }

  private static Refused callAgain(TestHost host) {
    return Refused.by(
        () -> {
          var unused =
              host.host().client(EchoGrpc::newBlockingStub).unary(EchoRequest.getDefaultInstance());
        });
  }

  private static CompletableFuture<Long> drain(TestHost host, Duration most) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return host.host().drain(alpha(host), most);
          } catch (InterruptedException | AuditFailedException e) {
            throw new AssertionError(e);
          }
        });
  }

  /**
   * It waits for the call, and no longer; from its start on there are no new ones.
   *
   * <p>Row: RT-18
   */
  @Test
  void drain_callInFlight_returnsWhenItHasEnded() throws Exception {
    try (TestHost host = start()) {
      ListenableFuture<EchoResponse> call = hang(host);
      assertThat(host.host().plugins().get(0).inFlight()).isEqualTo(1);

      CompletableFuture<Long> drained = drain(host, FAR);

      await()
          .atMost(SOON)
          .until(() -> host.host().plugins().get(0).state() instanceof PluginState.Draining);
      await().atMost(SOON).until(() -> host.host().plugins().get(0).services().isEmpty());
      assertThat(callAgain(host).is(Refusal.UNAVAILABLE)).isTrue();
      assertThat(drained.isDone()).isFalse();
      echo.answerHanging();
      assertThat(drained.get(60, TimeUnit.SECONDS)).isZero();
      assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo(EchoResponse.getDefaultInstance());
      assertThat(host.host().plugins().get(0).inFlight()).isZero();
    }
  }

  /** When the time is over it says what is left, and does it no harm. Row: RT-18. */
  @Test
  void drain_callsThatStay_returnsHowManyAtItsLimit() throws Exception {
    try (TestHost host = start()) {
      ListenableFuture<EchoResponse> first = hang(host);
      ListenableFuture<EchoResponse> second = hang(host);

      assertThat(host.host().drain(alpha(host), Duration.ofMillis(50))).isEqualTo(2);
      assertThat(host.host().drain(alpha(host), Duration.ZERO)).isEqualTo(2);

      echo.answerHanging();
      assertThat(first.get(60, TimeUnit.SECONDS)).isEqualTo(second.get(60, TimeUnit.SECONDS));
      assertThat(host.host().drain(alpha(host), Duration.ZERO)).isZero();
    }
  }

  /** The plugin cannot put itself back into service. */
  @Test
  void drain_registersAndReportsAgain_staysOutOfService() throws Exception {
    try (TestHost host = start()) {
      RawPlugin alpha = host.plugin("alpha");
      assertThat(host.host().drain(alpha(host), FAR)).isZero();

      Refused refused = Refused.by(() -> alpha.register(EchoGrpc.SERVICE_NAME));
      alpha.healthy();

      assertThat(refused.is(Refusal.NOT_ALLOWED)).isTrue();
      assertThat(host.host().plugins().get(0).state()).isInstanceOf(PluginState.Draining.class);
      assertThat(callAgain(host).is(Refusal.UNAVAILABLE)).isTrue();
    }
  }

  /** A run that ends by itself while it is drained was not stopped by the host. */
  @Test
  void drain_runEndsMeanwhile_returnsAndHasFailed() throws Exception {
    try (TestHost host = start()) {
      ListenableFuture<EchoResponse> call = hang(host);
      CompletableFuture<Long> drained = drain(host, FAR);
      await()
          .atMost(SOON)
          .until(() -> host.host().plugins().get(0).state() instanceof PluginState.Draining);

      host.run("alpha").terminate();

      assertThat(drained.get(60, TimeUnit.SECONDS)).isZero();
      assertThatThrownBy(() -> call.get(60, TimeUnit.SECONDS)).hasMessageContaining("UNAVAILABLE");
      assertThat(host.host().plugins().get(0).state()).isInstanceOf(PluginState.Failed.class);
    }
  }

  /** Closing the host lets calls end before a plugin is asked to. Row: RT-18. */
  @Test
  void close_callInFlight_waitsForIt() throws Exception {
    TestHost host = start();
    try {
      ListenableFuture<EchoResponse> call = hang(host);
      CompletableFuture<Void> closed = CompletableFuture.runAsync(() -> host.host().close());
      await()
          .atMost(SOON)
          .until(() -> host.host().plugins().get(0).state() instanceof PluginState.Draining);
      assertThat(closed.isDone()).isFalse();

      echo.answerHanging();

      assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo(EchoResponse.getDefaultInstance());
      closed.get(60, TimeUnit.SECONDS);
      assertThat(host.host().plugins().get(0).state()).isEqualTo(new PluginState.Stopped());
    } finally {
      echo.answerHanging();
      host.close();
    }
  }

  @Test
  void drain_unknownRunOrNegativeTime_isRefused() throws Exception {
    try (TestHost host = start()) {
      assertThatThrownBy(() -> host.host().drain(new RuntimeId("beta-0123456789abcdef"), FAR))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("beta-0123456789abcdef (expected: one of this host's)");
      assertThatThrownBy(() -> host.host().drain(alpha(host), Duration.ofNanos(-1)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("most: PT-0.000000001S (expected: >= 0)");
    }
  }
}
