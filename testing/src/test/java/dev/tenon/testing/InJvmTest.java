package dev.tenon.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A plugin under test inside the test's JVM. */
final class InJvmTest {
  private static final Logger SDK_LOG = Logger.getLogger("dev.tenon.sdk");

  @RegisterExtension
  final TenonTest tenon = TenonTest.with(KitPlugin.plugin()).fake(new KitPlugin.Capitals());

  @Test
  void client_withoutAsProcess_pluginIsThisProcess() {
    assertThat(KitPlugin.echo(tenon.client(EchoGrpc::newBlockingStub), "a").getPid())
        .isEqualTo(ProcessHandle.current().pid());
  }

  /** Calls in flight are lost, later ones find nobody, and nobody crashes twice. */
  @Test
  void crash_callInFlight_isLostAndServiceUnavailable() throws Exception {
    var call =
        tenon.client(EchoGrpc::newFutureStub).unary(EchoRequest.newBuilder().setHang(true).build());
    var echo = tenon.client(EchoGrpc::newBlockingStub);
    assertThat(KitPlugin.echo(echo, "a").getPayload().toStringUtf8()).isEqualTo("A");

    tenon.crash();

    assertThatThrownBy(() -> call.get(30, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("UNAVAILABLE");
    assertThatThrownBy(() -> KitPlugin.echo(echo, "a"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    assertThatIllegalStateException()
        .isThrownBy(tenon::crash)
        .withMessageContaining("has ended already");
  }

  /** Its calls in flight end, and nobody finds it any more. */
  @Test
  void revoke_callInFlight_endsAndServiceUnavailable() {
    var call =
        tenon.client(EchoGrpc::newFutureStub).unary(EchoRequest.newBuilder().setHang(true).build());
    var echo = tenon.client(EchoGrpc::newBlockingStub);
    assertThat(KitPlugin.echo(echo, "a").getPayload().toStringUtf8()).isEqualTo("A");

    tenon.revoke();

    assertThatThrownBy(() -> call.get(30, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("UNAVAILABLE");
    assertThatThrownBy(() -> KitPlugin.echo(echo, "a"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
  }

  /** Host and plugin live by the clock of the test. */
  @Test
  void clock_advanced_isThatOfHostAndPlugin() {
    Instant before = tenon.clock().instant();

    tenon.clock().advance(Duration.ofHours(3));

    assertThat(Duration.between(before, tenon.clock().instant()))
        .isGreaterThanOrEqualTo(Duration.ofHours(3));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tenon.clock().advance(Duration.ofSeconds(-1)))
        .withMessageContaining("expected: >= 0");
  }

  /**
   * Past the end of its token and its certificate, the plugin is nobody to the host, which sends it
   * another start document; it enrols again, and its calls are answered as before. Row: HS-15
   */
  @Test
  void clock_advancedPastTheIdentity_pluginEnrolsAgain() {
    var echo = tenon.client(EchoGrpc::newBlockingStub);
    assertThat(KitPlugin.echo(echo, "a").getPayload().toStringUtf8()).isEqualTo("A");
    CompletableFuture<Void> enrolledAgain = new CompletableFuture<>();
    Handler watching = new EnrolledAgain(enrolledAgain);
    SDK_LOG.addHandler(watching);
    try {
      tenon.clock().advance(Duration.ofHours(3));

      assertThat(enrolledAgain).succeedsWithin(Duration.ofSeconds(60));
      assertThat(KitPlugin.echo(echo, "b").getPayload().toStringUtf8()).isEqualTo("B");
    } finally {
      SDK_LOG.removeHandler(watching);
    }
  }

  /** Waits for the SDK to log an enrolment that is not the first. */
  private static final class EnrolledAgain extends Handler {
    private final CompletableFuture<Void> seen;

    EnrolledAgain(CompletableFuture<Void> seen) {
      this.seen = seen;
    }

    @Override
    public void publish(LogRecord entry) {
      if (String.valueOf(entry.getMessage()).startsWith("enrolled again")) {
        seen.complete(null);
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
