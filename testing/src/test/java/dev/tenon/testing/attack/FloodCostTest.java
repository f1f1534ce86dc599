package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.ConnectionLimits;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What each flood costs host and attacker, and what an innocent plugin feels of it, with host,
 * provider, caller and attacker in processes of their own. The attacker calls its own provider.
 *
 * <p>The long form is {@code -Dtenon.flood.seconds=5}, with {@code -Dtenon.flood.pin=true} if
 * attackers are to have a processor of their own, and {@code -Dtenon.flood.of=PINGS,SETTINGS} if
 * only some are to be measured. Times are printed; the bounds are on what does not depend on what
 * else the machine has to do.
 */
class FloodCostTest {
  private static final long SECONDS = Integer.getInteger("tenon.flood.seconds", 0);
  private static final long MILLIS = SECONDS == 0 ? 60 : 1_000 * SECONDS;
  private static final long MOST_BYTES = 64L * 1024 * 1024;

  /** How many times its attacker's effort a flood may cost the host. */
  private static final int MOST = 10;

  /** Milliseconds from call to call; more often while code is to become warm. */
  private static final int PERIOD = 10;

  private static final int WARM = 1;

  private static Stage stage;

  @BeforeAll
  static void open() throws IOException {
    stage = new Stage(ConnectionLimits.DEFAULT.handshakes());
    var unused = calls(2 * MILLIS, WARM);
    if (SECONDS > 0) {
      for (Harm harm : harms().toList()) {
        stage.mallory.say("flood " + harm + " " + MILLIS / 4);
        unused = calls(MILLIS / 4, WARM);
        String unusedAnswer = stage.mallory.answer();
      }
    }
    stage.pin();
  }

  @AfterAll
  static void close() {
    stage.close();
  }

  private static long[] calls(long millis, int periodMillis) throws IOException {
    stage.innocent.say("calls " + millis + " " + periodMillis);
    return PlayedPlugin.numbers(stage.innocent.answer());
  }

  private static String flood(Harm harm, long millis) throws IOException {
    stage.mallory.say("flood " + harm + " " + millis);
    return stage.mallory.answer();
  }

  /** In the short form one that costs frames, one that costs calls, and one that costs sockets. */
  static Stream<Harm> harms() {
    String some = System.getProperty("tenon.flood.of", "");
    if (!some.isEmpty()) {
      return Stream.of(some.split(",", -1)).map(Harm::valueOf);
    }
    return SECONDS > 0
        ? Stream.of(Harm.values())
        : Stream.of(Harm.PINGS, Harm.RAPID_RESETS, Harm.SAYS_NOTHING);
  }

  /** Row: TE-4, DS-14, DS-21 */
  @ParameterizedTest
  @MethodSource("harms")
  void flood_ofOneKind_costsTheHostLittle(Harm harm) throws IOException {
    long written = Long.parseLong(flood(harm, MILLIS / 8).split(" ", -1)[1]);
    long hostBefore = stage.host.cpuMillis();
    long[] idle = calls(MILLIS, PERIOD);
    long idleCpu = stage.host.cpuMillis() - hostBefore;
    long bytes = stage.hostBytes();
    long log = stage.host.logBytes();
    long lines = stage.host.logLines();
    long audit = stage.auditBytes();
    hostBefore = stage.host.cpuMillis();
    long attackerBefore = stage.mallory.cpuMillis();

    stage.mallory.say("flood " + harm + " " + MILLIS);
    long[] flooded = calls(MILLIS, PERIOD);
    String[] said = stage.mallory.answer().split(" ", 3);
    long hostCpu = stage.host.cpuMillis() - hostBefore - idleCpu;
    long attackerCpu = stage.mallory.cpuMillis() - attackerBefore;
    long more = stage.hostBytes() - bytes;
    long sent = Long.parseLong(said[1]) - written;
    long logged = stage.host.logBytes() - log;
    long recorded = stage.auditBytes() - audit;

    System.out.printf(
        "%s: %s times %s; sent %d KiB; CPU attacker %d ms, host +%d ms (%.2f); log %d B in %d"
            + " lines; audit %d B; memory %d KiB; innocent p50/p99/most idle %d/%d/%d us, flooded"
            + " %d/%d/%d us, of %d calls %d failed%n",
        harm,
        said[0],
        said[2],
        sent / 1024,
        attackerCpu,
        hostCpu,
        hostCpu / (double) Math.max(1, attackerCpu),
        logged,
        stage.host.logLines() - lines,
        recorded,
        more / 1024,
        idle[1],
        idle[2],
        idle[3],
        flooded[1],
        flooded[2],
        flooded[3],
        flooded[0],
        flooded[4]);
    assertThat(flooded[4]).isZero();
    assertThat(more).isLessThan(MOST_BYTES);
    assertThat(stage.host.logLines() - lines).isLessThanOrEqualTo(100);
    if (sent > 0) {
      assertThat(logged + recorded).isLessThanOrEqualTo(MOST * sent);
    }
    if (SECONDS > 0) {
      assertThat(hostCpu).isLessThanOrEqualTo(MOST * attackerCpu);
    }
  }
}
