package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import org.junit.jupiter.api.Test;

/** A plugin that tries to make the host connect to where it likes. */
class CanaryAddressTest {
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

  /** Addresses in its metadata are data: the host never connects there. Row: RG-20. */
  @Test
  void register_addressesInMetadata_neverConnectedTo() throws Exception {
    try (ServerSocketChannel canary = ServerSocketChannel.open()) {
      canary.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      canary.configureBlocking(false);
      String address = "127.0.0.1:" + ((InetSocketAddress) canary.getLocalAddress()).getPort();
      try (TestHost host =
          TestHost.with(POLICY)
              .scripted("alpha", RawRuntime.Tree.NONE, plugin -> serve(plugin, address))
              .start()) {
        for (int i = 0; i < 20; i++) {
          assertThat(
                  host.host()
                      .client(EchoGrpc::newBlockingStub)
                      .unary(EchoRequest.getDefaultInstance())
                      .getPayload()
                      .toStringUtf8())
              .isEqualTo("alpha");
        }
      }
      assertThat(canary.accept()).isNull();
    }
  }

  private static void serve(RawPlugin plugin, String address) throws Exception {
    plugin.enrol(
        plugin
            .enrolRequest()
            .addProvides(NamedEcho.SERVICE)
            .putMetadata("base_url", "http://" + address)
            .build());
    plugin.serve(new NamedEcho("alpha"));
    var unused =
        plugin
            .registry()
            .register(
                RawPlugin.claim(NamedEcho.SERVICE).toBuilder()
                    .putMetadata("base_url", "http://" + address)
                    .putMetadata("listen", "tcp:" + address)
                    .putMetadata("endpoint", address)
                    .build());
    plugin.healthy();
  }
}
