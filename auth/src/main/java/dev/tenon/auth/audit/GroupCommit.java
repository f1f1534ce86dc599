package dev.tenon.auth.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The queue in front of the disk, and what is taken from it together. Any thread puts, one takes.
 *
 * <p>While one batch is forced to disk the next one gathers. Those whose records were committed
 * together often come back together: so a batch waits for as many as there were last time, for at
 * most half the time that a force takes, and never where one thread writes alone.
 */
final class GroupCommit {
  /** Most records that wait; further callers wait for room. */
  static final int MAX_WAITING = 4096;

  /** Most records of a batch, which bounds what is encoded at a time. */
  static final int MAX_BATCH = 1024;

  private static final long MOST_LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final ArrayBlockingQueue<Entry> queue = new ArrayBlockingQueue<>(MAX_WAITING);
  private int together = 1;
  private long lingerNanos;

  /** Puts {@code entry} if there is room. */
  boolean offer(Entry entry) {
    return queue.offer(entry);
  }

  /** Waits for room for {@code entry}; an interrupt is kept for the caller to see. */
  boolean offer(Entry entry, long nanos) {
    long end = System.nanoTime() + nanos;
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return queue.offer(entry, Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Returns the next batch; empty after {@code nanos} without one. */
  List<Entry> take(long nanos) throws InterruptedException {
    List<Entry> batch = new ArrayList<>();
    Entry first = queue.poll(nanos, TimeUnit.NANOSECONDS);
    if (first != null) {
      batch.add(first);
      queue.drainTo(batch, MAX_BATCH - 1);
      linger(batch);
      batch.removeIf(entry -> entry.kind() == Entry.Kind.WAKE);
    }
    return batch;
  }

  /** Makes {@link #take} return, though there may be nothing. */
  void wake() {
    var unused = queue.offer(Entry.wake()); // If there is no room, there is something to take.
  }

  boolean isEmpty() {
    return queue.isEmpty();
  }

  private void linger(List<Entry> batch) throws InterruptedException {
    long end = System.nanoTime() + lingerNanos;
    int enough = Math.min(together, MAX_BATCH);
    while (batch.size() < enough) {
      Entry next = queue.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (next == null) {
        return;
      }
      batch.add(next);
    }
  }

  /** Notes how many were committed together, and how long that took. */
  void committed(int records, long nanos) {
    together = records + queue.size();
    lingerNanos = Math.min(nanos / 2, MOST_LINGER_NANOS);
  }

  /** Returns what waits now. */
  List<Entry> drain() {
    List<Entry> left = new ArrayList<>();
    queue.drainTo(left);
    return left;
  }
}
