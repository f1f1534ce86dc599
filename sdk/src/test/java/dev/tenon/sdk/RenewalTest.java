package dev.tenon.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Renewals over real mTLS, with tokens that live for seconds. */
final class RenewalTest {
  @TempDir Path folder;

  /**
   * Each renewal comes after about half of the token's life and runs over a connection with the key
   * that it succeeds, calls bring the new token at once and are never refused, and nothing is
   * enrolled or registered again. Row: TK-14
   */
  @Test
  void run_shortLivedToken_renewedInTurnWithoutAFailedCall() throws Exception {
    List<PluginContext> contexts = new ArrayList<>();
    Plugin plugin =
        Plugin.named("echo")
            .requires(EchoGrpc.SERVICE_NAME, "")
            .provides(
                EchoGrpc.SERVICE_NAME,
                context -> {
                  contexts.add(context);
                  return new EchoService();
                })
            .build();
    try (FakeHost host = FakeHost.start(folder)) {
      host.answers.tokenLife = Duration.ofSeconds(4);
      Instant begin = Instant.now();
      try (RunningPlugin running =
          RunningPlugin.start(plugin, host.bootstrap("echo"), TestSettings.PATIENT)) {
        assertThat(running).isNotNull();
        var client = contexts.get(0).client(EchoGrpc::newBlockingStub);
        await()
            .atMost(Duration.ofSeconds(30))
            .until(
                () -> {
                  var unused = client.unary(EchoRequest.getDefaultInstance());
                  return host.answers.renewals.size() >= 3;
                });
      }
      var enrolled = HostAnswers.publicKey(host.answers.enrolments.get(0).getCertificateRequest());
      assertThat(host.answers.renewedOver.get(0)).isEqualTo(enrolled);
      assertThat(host.answers.renewedOver.get(1)).isEqualTo(host.answers.renewals.get(0));
      assertThat(host.answers.renewedOver.get(2)).isEqualTo(host.answers.renewals.get(1));
      assertThat(
              host.data.headers.stream()
                  .map(headers -> headers.get(BearerToken.AUTHORIZATION))
                  .distinct())
          .hasSizeGreaterThanOrEqualTo(3);
      assertThat(host.answers.refusals).hasValue(0);
      // A whole second is lost on the wire at most, and a tenth is jitter.
      assertThat(Duration.between(begin, host.answers.renewedAt.get(2)))
          .isGreaterThan(Duration.ofMillis(3 * 1_350));
      assertThat(host.answers.enrolments).hasSize(1);
      assertThat(host.answers.registrations).hasSize(1);
    }
  }
}
