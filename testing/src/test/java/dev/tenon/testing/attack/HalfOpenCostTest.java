package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.ConnectionLimits;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * How long new handshakes take beside thousands of connections on which TLS never begins, with
 * host, honest client and attackers in processes of their own.
 *
 * <p>The long form is {@code -Dtenon.half.open=20000}; with {@code -Dtenon.half.wide=true} the host
 * has limits that let it keep them all, as far as a process may have files open. {@code
 * -Dtenon.flood.pin=true} gives the attackers a processor of their own.
 */
class HalfOpenCostTest {
  private static final int CONNECTIONS = Integer.getInteger("tenon.half.open", 300);
  private static final boolean IS_WIDE = Boolean.getBoolean("tenon.half.wide");

  /** A process may have 20,000 files open on some machines. */
  private static final int OF_PROCESS = 9_000;

  private static final int HANDSHAKES = Math.min(1_000, CONNECTIONS / 10);
  private static final long MOST_BYTES = 64L * 1024 * 1024;

  private static long[] handshakes(Stage stage, int count) throws IOException {
    stage.innocent.say("handshakes " + count);
    return PlayedPlugin.numbers(stage.innocent.answer());
  }

  /** Row: DS-8, DS-21 */
  @Test
  void handshakes_besideThousandsHalfOpen_letIn() throws IOException {
    ConnectionLimits limits = ConnectionLimits.DEFAULT;
    try (Stage stage = new Stage(IS_WIDE ? 65_536 : limits.handshakes())) {
      long[] cold = handshakes(stage, 2 * HANDSHAKES);
      stage.pin();
      long[] idle = handshakes(stage, HANDSHAKES);
      long bytes = stage.hostBytes();
      long lines = stage.host.logLines();
      int port = Integer.parseInt(stage.address.split(":", -1)[2]);
      List<Played> peers = new ArrayList<>();
      for (int group = 0; group * OF_PROCESS < CONNECTIONS; group++) {
        peers.add(
            stage.start(
                "silent" + group,
                SilentPeers.class,
                port + "",
                Math.min(OF_PROCESS, CONNECTIONS - group * OF_PROCESS) + "",
                group + ""));
      }
      for (Played peer : peers) {
        assertThat(peer.answer()).isEqualTo("open");
      }
      stage.pin(peers.toArray(Played[]::new));
      long host = stage.host.cpuMillis();
      long attackers = peers.stream().mapToLong(Played::cpuMillis).sum();
      long begun = System.nanoTime();

      long[] flooded = handshakes(stage, HANDSHAKES);

      long millis = (System.nanoTime() - begun) / 1_000_000;
      host = stage.host.cpuMillis() - host;
      attackers = peers.stream().mapToLong(Played::cpuMillis).sum() - attackers;
      long more = stage.hostBytes() - bytes;
      lines = stage.host.logLines() - lines;
      System.out.printf(
          "half open: %d%s; %d handshakes p50/p99/most cold %d/%d/%d us, idle %d/%d/%d us, flooded"
              + " %d/%d/%d us, made again %d; in %d ms CPU host %d ms, attackers %d ms; heap and"
              + " direct %d KiB; log lines %d%n",
          CONNECTIONS,
          IS_WIDE ? " kept" : "",
          flooded[0],
          cold[1],
          cold[2],
          cold[3],
          idle[1],
          idle[2],
          idle[3],
          flooded[1],
          flooded[2],
          flooded[3],
          flooded[4],
          millis,
          host,
          attackers,
          more / 1024,
          lines);
      assertThat(flooded[0]).isEqualTo(HANDSHAKES);
      assertThat(lines).isLessThanOrEqualTo(100);
      if (!IS_WIDE) {
        assertThat(more).isLessThan(MOST_BYTES);
      }
    }
  }
}
