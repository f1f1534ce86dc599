package dev.tenon.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tenon.testservice.v1.EchoGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A process for each test, which may crash it. The field is one of the object, so the process makes
 * an object of the class.
 */
final class AsProcessOfEachTest {
  @RegisterExtension
  final TenonTest tenon =
      TenonTest.with(KitPlugin.plugin()).fake(new KitPlugin.Capitals()).asProcess();

  /** A process whose credentials were taken back does not live on. */
  @Test
  void revoke_process_isKilledAndItsServiceUnavailable() {
    var echo = tenon.client(EchoGrpc::newBlockingStub);
    long pid = KitPlugin.echo(echo, "a").getPid();

    tenon.revoke();

    assertThatThrownBy(() -> KitPlugin.echo(echo, "a"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
  }

  /** The process is gone when the method returns, and so is what it served. */
  @Test
  void crash_process_isGoneAndItsServiceUnavailable() throws Exception {
    var echo = tenon.client(EchoGrpc::newBlockingStub);
    long pid = KitPlugin.echo(echo, "a").getPid();
    assertThat(pid).isNotEqualTo(ProcessHandle.current().pid());

    tenon.crash();

    assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
    assertThatThrownBy(() -> KitPlugin.echo(echo, "a"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
  }
}
