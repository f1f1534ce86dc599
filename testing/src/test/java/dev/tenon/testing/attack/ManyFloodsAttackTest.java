package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.tenon.core.ConnectionLimits;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A plugin that floods its host in all ways at once, and each way for a while alone: it is stopped,
 * the innocent plugin is served, and what it costs is bounded.
 *
 * <p>{@code -Dtenon.flood.resets=1000000} has it go on until so many calls were reset, and {@code
 * -Dtenon.flood.seconds=20} has each way tried alone for so long. Host, attacker and innocents
 * share one JVM and its processors; what is printed says how much the innocents felt of that.
 */
class ManyFloodsAttackTest {
  private static final int RESETS = Integer.getInteger("tenon.flood.resets", 2 * Harm.RESETS);
  private static final int SECONDS = Integer.getInteger("tenon.flood.seconds", 0);
  private static final int IDLE_CALLS = 200;
  private static final long MOST_BYTES = 64L * 1024 * 1024;

  /** As of the probe: what stops a host is found, and not what else a machine has to do. */
  private static final long FLOOR_NANOS = Duration.ofSeconds(2).toNanos();

  @RegisterExtension
  static final Oracles oracles =
      Oracles.over(
          new Plan()
              .enrolled("mallory", InnocentEcho.SERVICE, Scene.OTHER)
              .set(host -> host.limits(Generous.LIMITS.with(ConnectionLimits.DEFAULT))));

  private final Map<Harm, Set<String>> outcomes = new ConcurrentHashMap<>();
  private final Map<Harm, AtomicLong> times = new ConcurrentHashMap<>();
  private final AtomicInteger failures = new AtomicInteger();

  @BeforeEach
  void allowRecords() {
    for (String method : List.of("Unary", "ServerStream")) {
      oracles.allow("mallory call relay /testservice.v1.Echo/" + method + " success -");
    }
    oracles.allow("mallory registration register testservice.v1.Other success -");
    oracles.allow(
        "mallory registration register testservice.v1.Other denied the run, its connection or its"
            + " right has ended");
    oracles.allow("mallory discovery watch testservice.v1.Echo success -");
    oracles.allow(
        "mallory discovery watch testservice.v1.Echo denied limit of 10 watches of one run");
    oracles.allowConnections("mallory", "data", "too many handshakes");
  }

  /** All at once. Attack: R16, R17, R18, R20, G7. Row: TE-4, DS-21. */
  @Test
  void innocent_besideAllFloodsAtOnce_served() throws Exception {
    beside(
        EnumSet.allOf(Harm.class),
        () -> times(Harm.RAPID_RESETS) * Harm.RESETS < RESETS || outcomes.size() < all());
  }

  private static int all() {
    return Harm.values().length;
  }

  /** One after the other, for a while each. Row: DS-21. */
  @ParameterizedTest
  @EnumSource(Harm.class)
  @EnabledIfSystemProperty(named = "tenon.flood.seconds", matches = "[1-9]\\d*")
  void innocent_besideOneFlood_served(Harm harm) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
    beside(EnumSet.of(harm), () -> System.nanoTime() - end < 0);
  }

  @FunctionalInterface
  private interface Condition {
    boolean holds();
  }

  private long times(Harm harm) {
    return times.getOrDefault(harm, new AtomicLong()).get();
  }

  private void beside(Set<Harm> harms, Condition goesOn) throws Exception {
    RawPlugin innocent = oracles.plugin(Scene.INNOCENT);
    EchoGrpc.EchoBlockingStub echo = EchoGrpc.newBlockingStub(innocent.data(innocent.bearer()));
    Pace idle = new Pace();
    for (int i = 0; i < IDLE_CALLS; i++) {
      idle.add(call(echo));
    }
    RawPlugin plugin = oracles.plugin("mallory");
    String unused = plugin.register(Scene.OTHER); // Its connection is there, before many use it.
    Harm.Attacker mallory =
        new Harm.Attacker(plugin, RawHttp2.context(plugin), InnocentEcho.SERVICE);
    Usage before = Usage.now(oracles.scene().directory);
    List<Thread> attackers = new ArrayList<>();
    for (Harm harm : harms) {
      Thread attacker = new Thread(() -> attack(harm, mallory, goesOn), "harm-" + harm);
      attacker.start();
      attackers.add(attacker);
    }
    Pace flooded = new Pace();
    while (goesOn.holds() && attackers.stream().anyMatch(Thread::isAlive)) {
      flooded.add(call(echo));
    }
    Usage meanwhile = Usage.now(oracles.scene().directory);
    for (Thread attacker : attackers) {
      attacker.join();
    }

    long more = meanwhile.heap() + meanwhile.direct() - before.heap() - before.direct();
    System.out.println(
        "beside "
            + harms
            + ": idle "
            + idle
            + "; flooded "
            + flooded
            + "; times "
            + times
            + "; heap and direct +"
            + more / 1024
            + " KiB; log lines "
            + oracles.logLines());
    assertThat(outcomes.keySet()).isEqualTo(harms);
    assertThat(outcomes)
        .allSatisfy((harm, ends) -> assertThat(ends).as("%s", harm).isSubsetOf(expected(harm)));
    assertThat(failures).hasValue(0);
    assertThat(more).isLessThan(MOST_BYTES);
    assertThat(oracles.logLines()).isLessThanOrEqualTo(100);
    assertThat(flooded.percentile(99)).isLessThan(Math.max(FLOOR_NANOS, 2 * idle.percentile(99)));
  }

  private static Set<String> expected(Harm harm) {
    return switch (harm) {
      case LARGE_MESSAGES -> Set.of("refused", "goaway 11", "closed");
      case READS_NOTHING, SAYS_NOTHING -> Set.of("left");
      case REGISTERS -> Set.of("one is kept", "cut off"); // for her watches, which she cancels
      case WATCHES -> Set.of("refused", "cut off");
      default -> Set.of("cut off");
    };
  }

  private void attack(Harm harm, Harm.Attacker mallory, Condition goesOn) {
    do {
      try {
        outcomes.computeIfAbsent(harm, h -> ConcurrentHashMap.newKeySet()).add(harm.once(mallory));
      } catch (IOException e) {
        // Its connection was pushed out by its own silent ones, before it was one.
      } catch (RuntimeException e) {
        outcomes.computeIfAbsent(harm, h -> ConcurrentHashMap.newKeySet()).add(e.toString());
        failures.incrementAndGet();
      }
      times.computeIfAbsent(harm, h -> new AtomicLong()).incrementAndGet();
    } while (goesOn.holds());
  }

  private static long call(EchoGrpc.EchoBlockingStub echo) {
    long begun = System.nanoTime();
    var unused =
        RawPlugin.deadline(echo)
            .unary(EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8("x")).build());
    return System.nanoTime() - begun;
  }
}
