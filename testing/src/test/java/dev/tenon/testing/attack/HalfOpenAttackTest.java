package dev.tenon.testing.attack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.ConnectionLimits;
import dev.tenon.transport.Endpoint;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Thousands of connections on which TLS never begins, made again as soon as the host closes them:
 * whoever means it is let in all the same, and quickly.
 *
 * <p>The long form is {@code -Dtenon.half.open=20000}; with {@code -Dtenon.half.wide=true} the host
 * has limits that let it keep them all.
 */
class HalfOpenAttackTest {
  private static final int CONNECTIONS = Integer.getInteger("tenon.half.open", 500);

  /** A process may have 20,000 files open on some machines. */
  private static final int OF_PROCESS = 9_000;

  private static final int HANDSHAKES = Math.min(500, CONNECTIONS / 10);
  private static final long MOST_BYTES = 64L * 1024 * 1024;
  private static final ConnectionLimits LIMITS =
      Boolean.getBoolean("tenon.half.wide")
          ? new ConnectionLimits(65_536, 65_536, 65_536, 65_536, 100, Duration.ofHours(1))
          : ConnectionLimits.DEFAULT;

  /** As of the probe: what stops a host is found, and not what else a machine has to do. */
  private static final long FLOOR_NANOS = Duration.ofSeconds(2).toNanos();

  @RegisterExtension
  static final Oracles oracles =
      Oracles.over(
          new Plan().enrolled("eve").set(host -> host.limits(Generous.LIMITS.with(LIMITS))));

  private int again;

  /** Attack: H7. Row: DS-14, DS-21. */
  @Test
  void handshakes_besideThousandsHalfOpen_letIn() throws Exception {
    oracles.allowConnections("-", "data", "too many handshakes");
    RawPlugin eve = oracles.plugin("eve");
    SSLContext context = RawHttp2.context(eve);
    Pace idle = handshakes(eve.bootstrap.data(), context);
    Usage before = Usage.now(oracles.scene().directory);
    List<Process> peers = silentPeers(((Endpoint.Tcp) eve.bootstrap.data()).port());
    again = 0;

    Pace flooded = handshakes(eve.bootstrap.data(), context);

    Usage meanwhile = Usage.now(oracles.scene().directory);
    long more = meanwhile.heap() + meanwhile.direct() - before.heap() - before.direct();
    for (Process peer : peers) {
      end(peer);
    }
    System.out.println(
        "half open: "
            + CONNECTIONS
            + "; handshakes idle: "
            + idle
            + "; beside them: "
            + flooded
            + ", made again "
            + again
            + "; heap and direct +"
            + more / 1024
            + " KiB; log lines "
            + oracles.logLines()
            + "; open files "
            + (meanwhile.files() - before.files()));
    assertThat(flooded.percentile(99)).isLessThan(Math.max(FLOOR_NANOS, 2 * idle.percentile(99)));
    assertThat(oracles.logLines()).isLessThanOrEqualTo(100);
    if (LIMITS.equals(ConnectionLimits.DEFAULT)) {
      assertThat(more).isLessThan(MOST_BYTES);
    }
  }

  private Pace handshakes(Endpoint to, SSLContext context) {
    Pace pace = new Pace();
    for (int i = 0; i < HANDSHAKES; i++) {
      long begun = System.nanoTime();
      while (!isLetIn(to, context)) {
        again++;
      }
      pace.add(System.nanoTime() - begun);
    }
    return pace;
  }

  private static boolean isLetIn(Endpoint to, SSLContext context) {
    try (RawHttp2 connection = RawHttp2.connect(to, context)) {
      connection.agree();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Starts as many as are needed, and waits until all connections were open once. */
  private static List<Process> silentPeers(int port) throws IOException {
    List<Process> peers = new ArrayList<>();
    for (int group = 0; group * OF_PROCESS < CONNECTIONS; group++) {
      Process peer =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx256m",
                  "-XX:+UseSerialGC",
                  "-cp",
                  System.getProperty("java.class.path"),
                  SilentPeers.class.getName(),
                  Integer.toString(port),
                  Integer.toString(Math.min(OF_PROCESS, CONNECTIONS - group * OF_PROCESS)),
                  Integer.toString(group))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      peers.add(peer);
      oracles.closing(() -> end(peer));
    }
    for (Process peer : peers) {
      try (BufferedReader said = peer.inputReader(UTF_8)) {
        assertThat(said.readLine()).isEqualTo("open");
      }
    }
    return peers;
  }

  private static void end(Process peer) throws InterruptedException {
    peer.destroyForcibly();
    assertThat(peer.waitFor(60, TimeUnit.SECONDS)).isTrue();
  }
}
