package dev.tenon.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoResponse;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A plugin under test in a process of its own, over mTLS. Row: SD-8 */
final class AsProcessTest {
  @RegisterExtension
  static TenonTest tenon =
      TenonTest.with(KitPlugin.plugin()).fake(new KitPlugin.Capitals()).asProcess();

  @Test
  void client_staticField_pluginIsAnotherProcess() {
    EchoResponse answer = KitPlugin.echo(tenon.client(EchoGrpc::newBlockingStub), "words");

    assertThat(answer.getPid()).isNotEqualTo(ProcessHandle.current().pid());
    assertThat(answer.getPayload().toStringUtf8()).isEqualTo("WORDS");
  }

  @Test
  void clock_ofAProcess_refused() {
    assertThatIllegalStateException()
        .isThrownBy(() -> tenon.clock())
        .withMessage("clock: the plugin runs as a process (expected: without asProcess)");
  }

  /** A test class inside the one with the field. */
  @Nested
  final class InsideTest {
    @Test
    void client_fieldOfTheClassAround_pluginIsThatProcess() {
      assertThat(KitPlugin.echo(tenon.client(EchoGrpc::newBlockingStub), "a").getPid())
          .isNotEqualTo(ProcessHandle.current().pid());
    }
  }
}
