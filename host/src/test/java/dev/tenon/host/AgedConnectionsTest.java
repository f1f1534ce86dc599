package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.ConnectionLimits;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * Connections for calls that the host ages out under load. The long form is {@code
 * -Dtenon.aged=60}, the number of connections that are to be succeeded.
 */
class AgedConnectionsTest {
  private static final int SUCCESSIONS = Integer.getInteger("tenon.aged", 3);
  private static final Duration SOON = Duration.ofMinutes(1 + SUCCESSIONS);

  /**
   * Each connection gives way to another after its time, and no call of any kind fails.
   *
   * <p>Row: DS-14, DS-16
   */
  @Test
  void connections_agedOutUnderLoad_noCallFails() throws Exception {
    ConnectionLimits usual = Generous.LIMITS.connections();
    ConnectionLimits brief =
        new ConnectionLimits(
            usual.inTotal(),
            usual.perSource(),
            usual.perRun(),
            usual.handshakes(),
            usual.callsPerConnection(),
            ConnectionLimits.LEAST_AGE);
    try (TestHost host =
        TestHost.withEcho(new FinishingEcho())
            .set(builder -> builder.limits(Generous.LIMITS.with(brief)))
            .enrolled("alpha")
            .start()) {
      RawPlugin alpha = host.plugin("alpha");
      long before = host.host().connections().accepted();
      AllKindsLoad load = AllKindsLoad.on(alpha.data(alpha.bearer()));

      await().atMost(SOON).until(() -> host.host().connections().accepted() > before + SUCCESSIONS);
      load.awaitRound();
      load.stop();

      assertThat(load.failures()).isEmpty();
      assertThat(load.rounds()).isPositive();
    }
  }
}
