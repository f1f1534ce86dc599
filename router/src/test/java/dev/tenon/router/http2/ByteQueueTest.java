package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** The queue beside one of the JDK's. */
class ByteQueueTest {
  /** Below 0 takes so many out, otherwise puts so many in. */
  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void queue_anySteps_isFirstInFirstOut(
      @ForAll @Size(max = 100) List<@IntRange(min = -3_000, max = 3_000) Integer> steps) {
    ByteQueue queue = new ByteQueue();
    ArrayDeque<Byte> model = new ArrayDeque<>();
    byte next = 0;
    for (int step : steps) {
      if (step > 0) {
        ByteBuffer part = ByteBuffer.allocate(step + 2);
        for (int i = 0; i < step; i++) {
          model.add(next);
          part.put(i + 1, next++);
        }
        part.position(1).limit(step + 1);
        queue.put(part);
        assertThat(part.hasRemaining()).isFalse();
      } else {
        take(queue, model, Math.min(-step, model.size()), step % 2 == 0);
      }
      assertThat(queue.size()).isEqualTo(model.size());
    }
    take(queue, model, model.size(), true);
    assertThat(queue.size()).isZero();
  }

  private static void take(ByteQueue queue, ArrayDeque<Byte> model, int count, boolean peeks) {
    ByteBuffer out = ByteBuffer.allocate(count);
    if (peeks) {
      out.put(queue.peek(count));
      queue.skip(count);
    } else {
      queue.moveTo(out, count);
    }
    for (byte each : out.array()) {
      assertThat(model.poll()).isEqualTo(each);
    }
  }
}
