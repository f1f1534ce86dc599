package dev.tenon.router.relay;

import dev.tenon.transport.Loop;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * What fronts and backends of one relay share on each loop: so both legs of a call are on one
 * thread, and nothing is locked. Thread-safe.
 */
public final class RelayLoops {
  private final ConcurrentMap<Loop, RelayLoop> loops = new ConcurrentHashMap<>();

  /** Makes the loops of a relay; each is set up when it is first used. */
  public RelayLoops() {}

  RelayLoop of(Loop loop) {
    RelayLoop known = loops.get(loop);
    return known != null ? known : loops.computeIfAbsent(loop, RelayLoop::new);
  }
}
