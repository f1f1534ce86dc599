package dev.tenon.router.relay;

import static java.util.Objects.requireNonNull;

import dev.tenon.transport.Loop;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of the calls of one loop: a wheel of slots, so that a call that ends in time costs
 * two changes of links and no task. For its loop.
 */
final class Deadlines {
  /** Time from look to look; a call may end up to two of it late. */
  static final Duration TICK = Duration.ofMillis(10);

  private static final int SLOTS = 512;

  /** A call in the wheel. */
  abstract static class Node {
    private @Nullable Node before;
    private @Nullable Node after;
    private long tick;

    /** The time is over. */
    abstract void expired();

    Node before() {
      return requireNonNull(before, "before");
    }

    void before(Node node) {
      before = node;
    }

    Node after() {
      return requireNonNull(after, "after");
    }

    void after(Node node) {
      after = node;
    }
  }

  private static final class Slot extends Node {
    @Override
    void expired() {}
  }

  /*
   * Each slot is a ring with the slot itself in it. A node is in the slot of its tick, modulo the
   * number of slots; a node of a later round stays when its slot comes.
   */
  private final Slot[] slots = new Slot[SLOTS];
  private final Loop loop;
  private final LongSupplier nanoTime;
  private final long begun;
  private long next;
  private int size;
  private boolean isScheduled;

  Deadlines(Loop loop, LongSupplier nanoTime) {
    this.loop = loop;
    this.nanoTime = nanoTime;
    this.begun = nanoTime.getAsLong();
    for (int i = 0; i < SLOTS; i++) {
      Slot slot = new Slot();
      slot.before(slot);
      slot.after(slot);
      slots[i] = slot;
    }
  }

  /** Does {@code action} at {@code nanos}, by the wheel's clock; returns what takes it back. */
  Node at(long nanos, Runnable action) {
    Node node =
        new Node() {
          @Override
          void expired() {
            action.run();
          }
        };
    add(node, nanos);
    return node;
  }

  /** Does {@code action} in {@code time} from now; returns what takes it back. */
  Node in(Duration time, Runnable action) {
    return at(nanoTime.getAsLong() + time.toNanos(), action);
  }

  /** Returns how many calls wait for their time. */
  int size() {
    return size;
  }

  /** Has {@code node} expire at {@code nanos}, by the wheel's clock. */
  void add(Node node, long nanos) {
    if (size++ == 0) {
      next = tick(nanoTime.getAsLong());
      schedule();
    }
    node.tick = Math.max(next, tick(nanos) + 1);
    Node slot = slots[(int) (node.tick % SLOTS)];
    Node last = slot.before();
    node.before(last);
    node.after(slot);
    last.after(node);
    slot.before(node);
  }

  /** Takes {@code node} out, if there is one. Idempotent. */
  void remove(@Nullable Node node) {
    if (node == null || node.after == null) {
      return;
    }
    node.before().after(node.after());
    node.after().before(node.before());
    node.before = null;
    node.after = null;
    size--;
  }

  private long tick(long nanos) {
    return Math.max(0, nanos - begun) / TICK.toNanos();
  }

  private void schedule() {
    if (!isScheduled) {
      isScheduled = true;
      var unused = loop.schedule(this::turn, TICK);
    }
  }

  private void turn() {
    isScheduled = false;
    long now = tick(nanoTime.getAsLong());
    // Beyond a whole turn each slot is looked at once.
    for (long last = Math.min(now, next + SLOTS - 1); next <= last; next++) {
      expire(slots[(int) (next % SLOTS)], now);
    }
    next = Math.max(next, now + 1);
    if (size > 0) {
      schedule();
    }
  }

  private void expire(Slot slot, long now) {
    Node node = slot.after();
    while (node != slot) {
      Node following = node.after();
      if (node.tick <= now) {
        remove(node);
        node.expired();
        if (following.after == null && following != slot) {
          following = slot.after(); // It was taken out meanwhile: begin again.
        }
      }
      node = following;
    }
  }
}
