package dev.tenon.router;

import dev.tenon.core.CallLimits;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * How many calls each caller, each provider and the host have open, and no more than they may.
 * Thread-safe; whoever has none takes no room.
 */
final class CallCaps {
  private final CallLimits limits;
  private final AtomicInteger total = new AtomicInteger();
  private final ConcurrentMap<String, Integer> byCaller = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Integer> byProvider = new ConcurrentHashMap<>();

  CallCaps(CallLimits limits) {
    this.limits = limits;
  }

  /**
   * Counts a call of {@code caller}.
   *
   * @throws CallLimitException if the caller or the host has too many already
   */
  Seat enter(String caller) throws CallLimitException {
    if (!enter(byCaller, caller, limits.perCaller())) {
      throw new CallLimitException("this caller", limits.perCaller());
    }
    int most = limits.inTotal();
    if (total.getAndUpdate(open -> open < most ? open + 1 : open) >= most) {
      leave(byCaller, caller);
      throw new CallLimitException("this host", most);
    }
    return new Seat(caller);
  }

  /** A refusal changes nothing, so that a storm of them does not contend. */
  private static boolean enter(ConcurrentMap<String, Integer> open, String key, int most) {
    while (true) {
      Integer now = open.get(key);
      if (now == null) {
        if (open.putIfAbsent(key, 1) == null) {
          return true;
        }
      } else if (now >= most) {
        return false;
      } else if (open.replace(key, now, now + 1)) {
        return true;
      }
    }
  }

  private static void leave(ConcurrentMap<String, Integer> open, String key) {
    var unused = open.computeIfPresent(key, (same, now) -> now > 1 ? now - 1 : null);
  }

  /** Returns how many calls are open. */
  int total() {
    return total.get();
  }

  /** Returns whether no call is counted anywhere. */
  boolean isEmpty() {
    return total.get() == 0 && byCaller.isEmpty() && byProvider.isEmpty();
  }

  /**
   * What one call takes of the caps, from its start to its end. It may be given back while the call
   * is still choosing its provider.
   */
  final class Seat {
    private final String caller;

    // Both are guarded by this.
    private boolean left;
    private @Nullable String provider;

    private Seat(String caller) {
      this.caller = caller;
    }

    /**
     * Counts the call at {@code chosen}, its provider, unless everything was given back.
     *
     * @throws CallLimitException if that has too many already
     */
    synchronized void reach(String chosen) throws CallLimitException {
      if (left) {
        return;
      }
      if (!enter(byProvider, chosen, limits.perProvider())) {
        throw new CallLimitException("this provider", limits.perProvider());
      }
      provider = chosen;
    }

    /** Gives everything back. Idempotent. */
    synchronized void leave() {
      if (left) {
        return;
      }
      left = true;
      String reached = provider;
      if (reached != null) {
        CallCaps.leave(byProvider, reached);
      }
      total.decrementAndGet();
      CallCaps.leave(byCaller, caller);
    }
  }
}
