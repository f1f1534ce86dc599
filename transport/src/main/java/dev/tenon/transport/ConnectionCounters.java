package dev.tenon.transport;

import java.util.concurrent.atomic.LongAdder;

/** Counts what becomes of connections. Thread-safe. */
final class ConnectionCounters {
  private final LongAdder accepted = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder unfinished = new LongAdder();
  private final LongAdder faulted = new LongAdder();

  void accepted() {
    accepted.increment();
  }

  void refused() {
    refused.increment();
  }

  void unfinished() {
    unfinished.increment();
  }

  void faulted() {
    faulted.increment();
  }

  ConnectionCounts counts() {
    return new ConnectionCounts(accepted.sum(), refused.sum(), unfinished.sum(), faulted.sum());
  }
}
