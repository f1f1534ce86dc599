package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.OtherGrpc;
import org.junit.jupiter.api.Test;

/** One plugin that provides two services. */
class ManyServicesTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo", "testservice.v1.Other"]

      [[rule]]
      id = "host"
      effect = "allow"
      caller = "host"
      service = "testservice.v1.*"
      """;

  /** Every call reaches the service that it names. Row: RG-22. */
  @Test
  void call_twoServicesOfOnePlugin_eachReached() throws Exception {
    try (TestHost host =
        TestHost.with(POLICY)
            .scripted(
                "alpha",
                RawRuntime.Tree.NONE,
                plugin -> {
                  plugin.enrol(NamedEcho.SERVICE, NamedOther.SERVICE);
                  plugin.serve(new NamedEcho("echo"), new NamedOther("other"));
                  plugin.register(NamedOther.SERVICE);
                  plugin.register(NamedEcho.SERVICE);
                  plugin.healthy();
                })
            .start()) {
      var echo = host.host().client(EchoGrpc::newBlockingStub);
      var other = host.host().client(OtherGrpc::newBlockingStub);
      EchoRequest request = EchoRequest.getDefaultInstance();

      for (int i = 0; i < 1000; i++) {
        assertThat(echo.unary(request).getPayload().toStringUtf8()).isEqualTo("echo");
        assertThat(other.unary(request).getPayload().toStringUtf8()).isEqualTo("other");
      }
    }
  }
}
