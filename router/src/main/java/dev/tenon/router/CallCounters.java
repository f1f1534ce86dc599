package dev.tenon.router;

import dev.tenon.core.ServiceName;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts relayed calls by caller, provider and service. Thread-safe.
 *
 * <p>Only permitted calls that found a provider are counted, by plugin name and not by run: the
 * number of keys is bounded by what the policy names, and nothing a peer sends adds one.
 */
final class CallCounters {
  private final ConcurrentMap<Key, Cell> cells = new ConcurrentHashMap<>();

  /** Returns where calls of {@code caller} to {@code provider} are counted. */
  Cell cell(String caller, String provider, ServiceName service) {
    return cells.computeIfAbsent(new Key(caller, provider, service), key -> new Cell());
  }

  List<CallCount> counts() {
    return cells.entrySet().stream()
        .filter(entry -> entry.getValue().calls.sum() > 0)
        .map(
            entry ->
                new CallCount(
                    entry.getKey().caller,
                    entry.getKey().provider,
                    entry.getKey().service,
                    entry.getValue().calls.sum(),
                    entry.getValue().failed.sum()))
        .toList();
  }

  private record Key(String caller, String provider, ServiceName service) {}

  /** The counts of one key. */
  static final class Cell {
    private final LongAdder calls = new LongAdder();
    private final LongAdder failed = new LongAdder();

    void started() {
      calls.increment();
    }

    void failed() {
      failed.increment();
    }
  }
}
