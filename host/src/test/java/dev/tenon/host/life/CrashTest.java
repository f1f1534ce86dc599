package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.core.PluginState;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.host.RestartPolicy;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A plugin that crashes, and is not to be started again, while the host goes on. */
class CrashTest {
  private static final EchoRequest REQUEST = EchoRequest.getDefaultInstance();

  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
    home.java("echo", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    home.java("other", Behaviour.SPAM, OtherGrpc.SERVICE_NAME);
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  /**
   * The crashed plugin is failed and reaped, its registrations are gone, calls to it end as
   * UNAVAILABLE at once, and the other plugin does not notice.
   */
  @Test
  void crash_afterStart_isSeenAndStaysAlone() throws Exception {
    try (PluginHost host = home.host().restart(RestartPolicy.NEVER).start()) {
      PluginStatus before = host.plugins().get(0);
      var hanging =
          host.client(EchoGrpc::newFutureStub)
              .unary(EchoRequest.newBuilder().setHang(true).build());
      assertThat(host.client(EchoGrpc::newBlockingStub).unary(REQUEST).getPid())
          .isEqualTo(before.pid().getAsLong());

      ProcessHandle.of(before.pid().getAsLong()).orElseThrow().destroyForcibly();

      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> host.plugins().get(0).state() instanceof PluginState.Failed);
      PluginStatus after = host.plugins().get(0);
      assertThat(after.state()).isEqualTo(new PluginState.Failed("ended with status 137"));
      assertThat(after.services()).isEmpty();
      assertThat(ProcessTable.zombies()).isEmpty();
      assertThat(codeOf(catchThrowableOfType(ExecutionException.class, hanging::get).getCause()))
          .isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(
              codeOf(
                  catchThrowableOfType(
                      StatusRuntimeException.class,
                      () -> host.client(EchoGrpc::newBlockingStub).unary(REQUEST))))
          .isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(host.plugins().get(1).state()).isInstanceOf(PluginState.Healthy.class);
      assertThat(host.plugins().get(1).services()).hasSize(1);
    }
  }

  private static Status.Code codeOf(Throwable failure) {
    return Status.fromThrowable(failure).getCode();
  }
}
