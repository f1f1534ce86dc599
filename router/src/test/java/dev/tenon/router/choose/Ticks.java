package dev.tenon.router.choose;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** A clock as {@link System#nanoTime} is one, which stands until a test moves it. */
final class Ticks implements LongSupplier {
  /** Wraps after ten minutes: nothing may compare readings but by their difference. */
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - Duration.ofMinutes(10).toNanos());

  @Override
  public long getAsLong() {
    return now.get();
  }

  void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }
}
