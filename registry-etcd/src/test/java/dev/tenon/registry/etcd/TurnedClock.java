package dev.tenon.registry.etcd;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** The clock of one host that can be turned on, as if the host had been frozen. Thread-safe. */
public final class TurnedClock implements LongSupplier {
  private final AtomicLong ahead = new AtomicLong();

  /** Turns the clock on by {@code time}. */
  public void advance(Duration time) {
    ahead.addAndGet(time.toNanos());
  }

  @Override
  public long getAsLong() {
    return System.nanoTime() + ahead.get();
  }
}
