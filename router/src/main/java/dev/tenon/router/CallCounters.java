package dev.tenon.router;

import dev.tenon.core.Identity;
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

  /** Returns as what the calls of {@code caller} are counted: another host's all as that host's. */
  static String nameOf(Identity caller) {
    return caller.isBehindOtherHost() ? caller.account() : caller.name();
  }

  /** Counts a call and returns where its failure is counted. */
  Cell started(String caller, String provider, ServiceName service) {
    Cell cell = cells.computeIfAbsent(new Key(caller, provider, service), key -> new Cell());
    cell.calls.increment();
    return cell;
  }

  List<CallCount> counts() {
    return cells.entrySet().stream()
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

    void failed() {
      failed.increment();
    }
  }
}
