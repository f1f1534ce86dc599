package dev.tenon.router;

import dev.tenon.core.CallLimits;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * How many calls each caller, each provider and the host have open, and no more than they may.
 * Thread-safe.
 */
final class CallCaps {
  /*
   * A count stays when it falls to zero, so that a caller with one call after another costs no entry
   * each time; when there are many, those of nobody are retired. A retired count takes no call: who
   * got hold of it meanwhile sees that, and looks again.
   */

  private static final Open LEFT = new Open();

  private static final AtomicReferenceFieldUpdater<Seat, @Nullable Open> PROVIDER =
      AtomicReferenceFieldUpdater.newUpdater(Seat.class, Open.class, "provider");

  /** How many counts there may be before those that are zero are taken away. */
  static final int MAX_IDLE = 10_000;

  private final CallLimits limits;
  private final AtomicInteger total = new AtomicInteger();
  private final ConcurrentMap<String, Open> byCaller = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Open> byProvider = new ConcurrentHashMap<>();

  CallCaps(CallLimits limits) {
    this.limits = limits;
  }

  /**
   * Counts a call of {@code caller}.
   *
   * @throws CallLimitException if the caller or the host has too many already
   */
  Seat enter(String caller) throws CallLimitException {
    Open ofCaller = enter(byCaller, caller, limits.perCaller());
    if (ofCaller == null) {
      throw new CallLimitException("this caller", limits.perCaller());
    }
    int most = limits.inTotal();
    if (!increment(total, most)) {
      leave(ofCaller);
      throw new CallLimitException("this host", most);
    }
    return new Seat(ofCaller);
  }

  /**
   * Returns where the call of {@code key} is counted, or null if there are {@code most} already.
   */
  private static @Nullable Open enter(ConcurrentMap<String, Open> open, String key, int most) {
    Open now = open.get(key);
    while (true) {
      if (now == null) {
        sweep(open);
        now = open.computeIfAbsent(key, same -> new Open());
      }
      if (increment(now, most)) {
        return now;
      }
      if (now.get() >= 0) {
        return null;
      }
      open.remove(key, now); // It is retired, and whoever retired it may not have come to this yet.
      now = open.get(key);
    }
  }

  /** A refusal changes nothing, so that a storm of them does not contend. */
  private static boolean increment(AtomicInteger count, int most) {
    int now = count.get();
    while (now >= 0 && now < most) {
      if (count.compareAndSet(now, now + 1)) {
        return true;
      }
      now = count.get();
    }
    return false;
  }

  private static void leave(AtomicInteger count) {
    count.decrementAndGet();
  }

  /** Makes room among {@code open}, once there are many, by those that have none. */
  private static void sweep(ConcurrentMap<String, Open> open) {
    if (open.size() >= MAX_IDLE) {
      open.values().removeIf(count -> count.compareAndSet(0, Open.RETIRED));
    }
  }

  /** How many calls somebody has open; negative once it is not used any more. */
  private static final class Open extends AtomicInteger {
    private static final long serialVersionUID = 1;
    static final int RETIRED = Integer.MIN_VALUE;
  }

  /** Returns how many calls are open. */
  int total() {
    return total.get();
  }

  /** Returns whether no call is counted anywhere. */
  boolean isEmpty() {
    return total.get() == 0 && isEmpty(byCaller) && isEmpty(byProvider);
  }

  private static boolean isEmpty(ConcurrentMap<String, Open> open) {
    return open.values().stream().allMatch(count -> count.get() <= 0);
  }

  /**
   * What one call takes of the caps, from its start to its end. It may be given back while the call
   * is still choosing its provider.
   */
  final class Seat {
    private final Open caller;

    /** Where the call is counted as its provider's; {@link #LEFT} once all was given back. */
    private volatile @Nullable Open provider;

    private Seat(Open caller) {
      this.caller = caller;
    }

    /**
     * Counts the call at {@code chosen}, its provider, and no more at one that it was at before;
     * unless everything was given back. By one thread after another, beside {@link #leave}.
     *
     * @throws CallLimitException if that has too many already
     */
    void reach(String chosen) throws CallLimitException {
      Open before = provider;
      if (before != null) {
        if (before == LEFT || !PROVIDER.compareAndSet(this, before, null)) {
          return;
        }
        CallCaps.leave(before);
      }
      Open now = enter(byProvider, chosen, limits.perProvider());
      if (now == null) {
        throw new CallLimitException("this provider", limits.perProvider());
      }
      if (!PROVIDER.compareAndSet(this, null, now)) {
        CallCaps.leave(now); // Everything was given back meanwhile.
      }
    }

    /** Gives everything back. Idempotent; from any thread. */
    void leave() {
      Open reached = provider == LEFT ? LEFT : PROVIDER.getAndSet(this, LEFT);
      if (reached == LEFT) {
        return;
      }
      if (reached != null) {
        CallCaps.leave(reached);
      }
      CallCaps.leave(total);
      CallCaps.leave(caller);
    }
  }
}
