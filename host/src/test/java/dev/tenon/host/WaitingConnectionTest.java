package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * A provider that nobody has called yet is connected to, so that its first call shakes no hands.
 */
class WaitingConnectionTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  private static final String POLICY =
      """
      [[provide]]
      plugin = "provider"
      services = ["testservice.v1.Echo"]

      [[rule]]
      id = "alpha-calls"
      effect = "allow"
      caller = "alpha"
      service = "testservice.v1.Echo"
      """;

  @Test
  void register_beforeAnyCall_hostConnectsAndKeepsThemForCallers() throws Exception {
    try (TestHost host =
        TestHost.with(POLICY)
            .set(builder -> builder.healthPolling(Duration.ofMinutes(10), Duration.ofSeconds(5)))
            .scripted(
                "provider",
                RawRuntime.Tree.NONE,
                plugin -> {
                  var unused = plugin.enrol("testservice.v1.Echo");
                  plugin.serve(new FinishingEcho());
                  var unusedId = plugin.register("testservice.v1.Echo");
                  plugin.healthy();
                })
            .enrolled("alpha")
            .start()) {
      RawPlugin provider = host.plugin("provider");
      int loops = Math.min(4, Runtime.getRuntime().availableProcessors());
      // One of each loop, and one that a call of the host's own would take.
      await()
          .atMost(SOON)
          .untilAsserted(() -> assertThat(provider.connections()).isEqualTo(loops + 1));

      RawPlugin alpha = host.plugin("alpha");
      EchoResponse answer =
          RawPlugin.deadline(EchoGrpc.newBlockingStub(alpha.data(alpha.bearer())))
              .unary(EchoRequest.getDefaultInstance());

      assertThat(answer).isNotNull();
      assertThat(provider.connections()).isEqualTo(loops + 1);
    }
  }
}
