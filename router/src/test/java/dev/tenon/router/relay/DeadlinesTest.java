package dev.tenon.router.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.router.http2.FakeLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class DeadlinesTest {
  private static final long MILLI = 1_000_000;
  private static final long LATEST = 2 * Deadlines.TICK.toNanos();

  private final FakeLoop loop = new FakeLoop();
  private final Deadlines deadlines = new Deadlines(loop, loop::nanos);

  private final class Node extends Deadlines.Node {
    private long expiredAt = -1;
    private Runnable then = () -> {};

    @Override
    void expired() {
      assertThat(expiredAt).as("expires once").isEqualTo(-1);
      expiredAt = loop.nanos();
      then.run();
    }
  }

  /** Never early, and late by no more than a tick or two; what was taken out never. */
  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void wheel_anySteps_expiresInTime(
      @ForAll @Size(max = 60) List<@IntRange(min = -500, max = 20_000) Integer> steps) {
    Map<Node, Long> waiting = new HashMap<>();
    List<Node> removed = new ArrayList<>();
    for (int step : steps) {
      if (step < 0) {
        loop.advance(Duration.ofMillis(-step));
        waiting.keySet().removeIf(node -> node.expiredAt >= 0);
      } else if (step % 5 == 0 && !waiting.isEmpty()) {
        Node node = waiting.keySet().iterator().next();
        waiting.remove(node);
        removed.add(node);
        deadlines.remove(node);
        deadlines.remove(node);
      } else {
        Node node = new Node();
        long at = loop.nanos() + step * MILLI + step;
        waiting.put(node, at);
        node.then = () -> assertThat(loop.nanos()).isBetween(at, at + LATEST);
        deadlines.add(node, at);
      }
      assertThat(deadlines.size()).isEqualTo(waiting.size());
    }
    loop.advance(Duration.ofSeconds(21));
    assertThat(waiting.keySet()).allMatch(node -> node.expiredAt >= 0);
    assertThat(removed).allMatch(node -> node.expiredAt == -1);
    assertThat(deadlines.size()).isZero();
    assertThat(loop.timers()).as("an empty wheel does not turn").isLessThanOrEqualTo(1);
    loop.advance(Deadlines.TICK.multipliedBy(2));
    assertThat(loop.timers()).isZero();
  }

  @Example
  void add_ofATimeThatIsOver_expiresSoon() {
    loop.advance(Duration.ofSeconds(100));
    Node node = new Node();
    deadlines.add(node, 0);

    loop.advance(Deadlines.TICK.multipliedBy(2));

    assertThat(node.expiredAt).isPositive();
  }

  /** All that expire at once may take each other out. */
  @Example
  void expired_thatTakesOthersOut_leavesTheRest() {
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      Node node = new Node();
      int other = i + 1;
      node.then =
          () -> {
            if (other < nodes.size()) {
              deadlines.remove(nodes.get(other));
            }
          };
      nodes.add(node);
      deadlines.add(node, 5 * MILLI);
    }

    loop.advance(Duration.ofSeconds(1));

    for (int i = 0; i < 10; i++) {
      assertThat(nodes.get(i).expiredAt >= 0).isEqualTo(i % 2 == 0);
    }
    assertThat(deadlines.size()).isZero();
  }

  /** A loop that was held up for longer than a turn of the wheel still finds all. */
  @Example
  void turn_longAfterItsTime_findsAll() {
    FakeLoop late = new FakeLoop();
    long[] now = new long[1];
    Deadlines wheel = new Deadlines(late, () -> now[0]);
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      Node node = new Node();
      nodes.add(node);
      wheel.add(node, 5L * i * MILLI);
    }
    now[0] = 60_000 * MILLI;

    late.advance(Deadlines.TICK);

    assertThat(nodes).allMatch(node -> node.expiredAt >= 0);
  }
}
