package dev.tenon.router.http2;

import dev.tenon.transport.Loop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;

/** A loop that runs what it was given when it is told to, by a clock that stands still. */
public final class FakeLoop implements Loop {
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final PriorityQueue<Due> timers =
      new PriorityQueue<>(Comparator.comparingLong(Due::nanos).thenComparingLong(Due::number));
  private long nanos;
  private long number;

  private record Due(long nanos, long number, Runnable task) {}

  /** Makes a loop with nothing to do. */
  public FakeLoop() {}

  /** Returns the time by the loop's clock. */
  public long nanos() {
    return nanos;
  }

  /** Returns how many tasks wait for their time. */
  public int timers() {
    return timers.size();
  }

  /** Does all that there is to do now. */
  public void run() {
    Runnable task;
    while ((task = tasks.poll()) != null) {
      task.run();
    }
  }

  /** Lets {@code time} pass. */
  public void advance(Duration time) {
    long end = nanos + time.toNanos();
    run();
    while (!timers.isEmpty() && timers.element().nanos <= end) {
      Due due = timers.remove();
      nanos = Math.max(nanos, due.nanos);
      due.task.run();
      run();
    }
    nanos = end;
  }

  @Override
  public boolean isIn() {
    return true;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public Timer schedule(Runnable task, Duration delay) {
    Due due = new Due(nanos + delay.toNanos(), number++, task);
    timers.add(due);
    return () -> timers.remove(due);
  }
}
