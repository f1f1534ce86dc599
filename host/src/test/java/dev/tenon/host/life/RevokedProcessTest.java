package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.core.PluginState;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A plugin that is a process of its own, and is revoked while it is called. */
class RevokedProcessTest {
  /**
   * Its calls end, and it is killed, also when it would go on after a SIGTERM.
   *
   * <p>Row: TK-7
   */
  @Test
  void revoke_ofAProcess_endsItsCallsAndKillsIt() throws Exception {
    try (TestHome home = TestHome.create()) {
      home.java("wild", Behaviour.STUBBORN, EchoGrpc.SERVICE_NAME);
      try (PluginHost host = home.host().start()) {
        PluginStatus before = host.plugins().get(0);
        var hanging =
            host.client(EchoGrpc::newFutureStub)
                .unary(EchoRequest.newBuilder().setHang(true).build());
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> host.plugins().get(0).inFlight() == 1);

        host.revoke(before.runtimeId());

        ExecutionException ended =
            catchThrowableOfType(ExecutionException.class, () -> hanging.get(1, TimeUnit.SECONDS));
        assertThat(Status.fromThrowable(ended).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(host.plugins().get(0).state()).isEqualTo(new PluginState.Failed("was revoked"));
        home.awaitNoProcess();
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> ProcessTable.zombies().isEmpty());
        assertThatThrownBy(
                () ->
                    host.client(EchoGrpc::newBlockingStub).unary(EchoRequest.getDefaultInstance()))
            .hasMessageContaining("UNAVAILABLE");
      }
    }
  }
}
