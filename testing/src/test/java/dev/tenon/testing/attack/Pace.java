package dev.tenon.testing.attack;

import java.util.Arrays;
import java.util.Locale;

/** How long something took, some hundred times. Not thread-safe. */
final class Pace {
  private long[] nanos = new long[256];
  private int count;

  void add(long took) {
    if (count == nanos.length) {
      nanos = Arrays.copyOf(nanos, 2 * count);
    }
    nanos[count++] = took;
  }

  int count() {
    return count;
  }

  /** Returns the nanoseconds that {@code percent} of 100 did not exceed. */
  long percentile(double percent) {
    long[] sorted = Arrays.copyOf(nanos, count);
    Arrays.sort(sorted);
    return sorted[Math.max(0, (int) Math.ceil(count * percent / 100) - 1)];
  }

  /** Returns how many, and the 50th, 99th and 100th percentile in microseconds. */
  String inMicros() {
    return String.format(
        Locale.ROOT,
        "%d %d %d %d",
        count,
        percentile(50) / 1_000,
        percentile(99) / 1_000,
        percentile(100) / 1_000);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%d, p50 %.2f ms, p99 %.2f ms, most %.2f ms",
        count,
        percentile(50) / 1e6,
        percentile(99) / 1e6,
        percentile(100) / 1e6);
  }
}
