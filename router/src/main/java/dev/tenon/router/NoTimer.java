package dev.tenon.router;

import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The timer of a context whose deadline somebody else sees to: it starts no thread, and does
 * nothing of what it is asked to. Thread-safe.
 */
final class NoTimer extends ScheduledThreadPoolExecutor {
  static final NoTimer INSTANCE = new NoTimer();

  private NoTimer() {
    super(/* corePoolSize= */ 0);
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
    return new Never();
  }

  /** What is never done. */
  private static final class Never extends FutureTask<Void> implements ScheduledFuture<Void> {
    Never() {
      super(() -> null);
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return Long.MAX_VALUE;
    }

    @Override
    public int compareTo(Delayed other) {
      return Long.compare(Long.MAX_VALUE, other.getDelay(TimeUnit.NANOSECONDS));
    }
  }
}
