package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.tenon.core.Plugin;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.PluginHost;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import org.junit.jupiter.api.Test;

/** The longest message of a call, at the router and at the plugin that is called. */
class MessageLimitTest {
  private static final int MIB = 1 << 20;

  private static int answered(PluginHost host, int bytes) {
    return host.client(EchoGrpc::newBlockingStub)
        .unary(EchoRequest.newBuilder().setPayload(ByteString.copyFrom(new byte[bytes])).build())
        .getPayload()
        .size();
  }

  private static HostBuilder host(TestHome home) throws Exception {
    home.provides("echo", EchoGrpc.SERVICE_NAME);
    return home.bareHost()
        .plugin(
            InJvm.of(
                Plugin.named("echo")
                    .version("1.0.0")
                    .provides(EchoGrpc.SERVICE_NAME, context -> new LifePlugin.Echo())
                    .build()));
  }

  @Test
  void call_byDefault_hasFourMebibytes() throws Exception {
    try (TestHome home = TestHome.create();
        PluginHost host = host(home).start()) {
      assertThat(answered(host, 3 * MIB)).isEqualTo(3 * MIB);
      assertThatThrownBy(() -> answered(host, 5 * MIB)).hasMessageContaining("RESOURCE_EXHAUSTED");
    }
  }

  @Test
  void call_raised_hasWhatTheHostSays() throws Exception {
    try (TestHome home = TestHome.create();
        PluginHost host = host(home).maxMessageBytes(8 * MIB).start()) {
      assertThat(answered(host, 5 * MIB)).isEqualTo(5 * MIB);
      assertThatThrownBy(() -> answered(host, 9 * MIB)).hasMessageContaining("RESOURCE_EXHAUSTED");
    }
  }

  @Test
  void maxMessageBytes_outOfRange_isRefused() {
    assertThatThrownBy(() -> PluginHost.builder().maxMessageBytes(1023))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxMessageBytes: 1023 (expected: 1024 to 1073741824)");
  }
}
