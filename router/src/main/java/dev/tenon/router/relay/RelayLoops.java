package dev.tenon.router.relay;

import dev.tenon.transport.Loop;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;

/**
 * What fronts and backends of one relay share on each loop: so both legs of a call are on one
 * thread, and nothing is locked. Thread-safe.
 */
public final class RelayLoops {
  private final ConcurrentMap<Loop, RelayLoop> loops = new ConcurrentHashMap<>();

  private final LongSupplier nanoTime;

  /** Makes the loops of a relay; each is set up when it is first used. */
  public RelayLoops() {
    this(System::nanoTime);
  }

  RelayLoops(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  RelayLoop of(Loop loop) {
    RelayLoop known = loops.get(loop);
    return known != null
        ? known
        : loops.computeIfAbsent(loop, each -> new RelayLoop(each, nanoTime));
  }
}
