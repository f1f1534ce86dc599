package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.host.PluginHost;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A small message that becomes a large one where it is read: in a process with 64 MiB of heap. */
class InflatedMessageTest {
  private static final int GIBIBYTE = 1024;

  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
    home.provides(AskingPlugin.NAME, OtherGrpc.SERVICE_NAME);
    home.calls(AskingPlugin.NAME, EchoGrpc.SERVICE_NAME);
    home.program(AskingPlugin.NAME, AskingPlugin.class);
    home.java("provider", LifePlugin.Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  private static EchoResponse ask(PluginHost host, int mebibytes) {
    return host.client(OtherGrpc::newBlockingStub)
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .unary(EchoRequest.newBuilder().setRepeat(mebibytes).build());
  }

  /**
   * A gibibyte of zeros in a megabyte of gzip, which the host does not unpack and the provider not
   * whole: the call ends, and the same process answers the next one. grpc-java's server says
   * UNKNOWN where it finds out while it reads the message.
   */
  @Test
  void call_gibibyteOfZerosCompressed_endsAndItsProviderLives() throws Exception {
    try (PluginHost host = home.host().start()) {
      long before = ask(host, 0).getPid();
      assertThat(before).isPositive();

      assertThat(ask(host, GIBIBYTE).getPayload().toStringUtf8())
          .isIn("UNKNOWN", "RESOURCE_EXHAUSTED");

      assertThat(ask(host, 0).getPid()).isEqualTo(before);
      assertThat(host.plugins()).allMatch(plugin -> plugin.pid().isPresent());
    }
  }
}
