package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.policy.Policy;
import dev.tenon.core.PluginState;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Several runs of one plugin. */
class InstancesTest {
  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  @Test
  void start_twoInstances_areTwoRuns() throws Exception {
    home.java("echo", Behaviour.ECHO, EchoGrpc.SERVICE_NAME).also("echo", "instances = 2");

    try (PluginHost host = home.host().start()) {
      assertThat(host.plugins())
          .hasSize(2)
          .extracting(PluginStatus::name)
          .containsOnly(host.plugins().get(0).name());
      assertThat(host.plugins()).extracting(PluginStatus::runtimeId).doesNotHaveDuplicates();
      assertThat(host.plugins())
          .extracting(PluginStatus::state)
          .containsOnly(new PluginState.Healthy());
      assertThat(host.plugins())
          .allSatisfy(run -> assertThat(pidOf(run, host)).isEqualTo(run.pid().orElseThrow()))
          .extracting(PluginStatus::pid)
          .doesNotHaveDuplicates();
    }
  }

  private static long pidOf(PluginStatus run, PluginHost host) {
    Metadata to = new Metadata();
    to.put(Metadata.Key.of("tenon-to", Metadata.ASCII_STRING_MARSHALLER), run.runtimeId().value());
    return host.client(EchoGrpc::newBlockingStub)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(to))
        .unary(EchoRequest.getDefaultInstance())
        .getPid();
  }

  @Test
  void start_instancesOfExclusiveProvider_namesPluginAndService() throws Exception {
    home.java("echo", Behaviour.ECHO).also("echo", "instances = 2");
    Policy exclusive =
        Policy.parse(
            """
            [[provide]]
            plugin = "echo"
            services = ["%s"]
            exclusive = true
            """
                .formatted(EchoGrpc.SERVICE_NAME));

    assertThatThrownBy(() -> home.host().policy(exclusive).start())
        .isInstanceOf(HostStartException.class)
        .hasMessageStartingWith(
            "plugin echo: instances: 2 and exclusive provider of " + EchoGrpc.SERVICE_NAME);
  }

  @Test
  void start_instancesOutOfRange_isRefused() throws Exception {
    home.java("none", Behaviour.ECHO).also("none", "instances = 0");
    home.java("many", Behaviour.ECHO).also("many", "instances = 33", "start = \"soon\"");

    assertThatThrownBy(() -> home.host().start())
        .hasMessageContaining("instances: got 0 (expected: 1 to 32)")
        .hasMessageContaining("instances: got 33 (expected: 1 to 32)")
        .hasMessageContaining("start: got \"soon\" (expected: eager or lazy)");
  }
}
