package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.PluginState;
import dev.tenon.host.PluginHost;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A plugin that stops answering without ending. */
class FrozenPluginTest {
  private static final Duration INTERVAL = Duration.ofMillis(500);
  private static final Duration TIMEOUT = Duration.ofMillis(1_500);

  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  /**
   * It gets no calls once an answer is overdue, and gets them again when it answers; what it last
   * said of itself holds again then.
   *
   * <p>Row: LC-2
   */
  @Test
  void poll_pluginFrozen_leavesRoutingAndComesBack() throws Exception {
    home.java("echo", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);

    try (PluginHost host = home.host().healthPolling(INTERVAL, TIMEOUT).start()) {
      EchoGrpc.EchoBlockingStub echo = host.client(EchoGrpc::newBlockingStub);
      assertThat(codeOf(echo)).isEqualTo(Status.Code.OK);
      long pid = host.plugins().get(0).pid().orElseThrow();

      ProcessTable.signal("STOP", pid);
      long frozen = System.nanoTime();
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(20))
          .until(() -> host.plugins().get(0).state() instanceof PluginState.Unhealthy);
      Duration took = Duration.ofNanos(System.nanoTime() - frozen);
      Status.Code whileFrozen = codeOf(echo);
      ProcessTable.signal("CONT", pid);

      assertThat(took).isLessThan(INTERVAL.plus(TIMEOUT).plusSeconds(2));
      assertThat(whileFrozen).isEqualTo(Status.Code.UNAVAILABLE);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> host.plugins().get(0).state() instanceof PluginState.Healthy);
      assertThat(codeOf(echo)).isEqualTo(Status.Code.OK);
    }
  }

  private static Status.Code codeOf(EchoGrpc.EchoBlockingStub echo) {
    try {
      var unused = echo.unary(EchoRequest.getDefaultInstance());
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }
}
