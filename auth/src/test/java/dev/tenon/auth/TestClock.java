package dev.tenon.auth;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Both clocks of the host, standing still until told otherwise. Begins close to nanoTime's wrap.
 */
public final class TestClock implements InstantSource, LongSupplier {
  private volatile Instant wall = Instant.parse("2026-11-23T12:00:00Z");
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);

  @Override
  public Instant instant() {
    return wall;
  }

  @Override
  public long getAsLong() {
    return nanos.get();
  }

  public void advance(Duration time) {
    advanceWall(time);
    advanceNanos(time);
  }

  public void advanceWall(Duration time) {
    wall = wall.plus(time);
  }

  public void advanceNanos(Duration time) {
    nanos.addAndGet(time.toNanos());
  }
}
