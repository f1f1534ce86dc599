package dev.tenon.sdk;

import static java.lang.System.Logger.Level.DEBUG;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * The grants of this run, one for each service of the host that needs one: asked for with the first
 * call, refreshed at half life while they are used, given back when they are not. Thread-safe.
 */
final class HeldGrants {
  /** The least time between two attempts to refresh. */
  private static final Duration LEAST_PAUSE = Duration.ofSeconds(1);

  private static final System.Logger LOG = System.getLogger(HeldGrants.class.getName());

  private final GrantClient host;
  private final Timer timer;
  private final InstantSource clock;
  private final Set<String> byGrant = ConcurrentHashMap.newKeySet();

  /* Whoever takes a slot out of `slots` decides what becomes of its grant; nothing puts it back. */
  private final ConcurrentMap<String, Slot> slots = new ConcurrentHashMap<>();

  /** The grant of one service, on its way at first. All fields are touched under `this`. */
  private static final class Slot {
    private final long sinceNanos = System.nanoTime();
    private final CompletableFuture<HeldGrant> first;
    private @Nullable HeldGrant newest;
    private int open;
    private boolean used = true;

    Slot(CompletableFuture<HeldGrant> first) {
      this.first = first;
    }

    synchronized void newest(HeldGrant grant) {
      newest = grant;
    }

    synchronized CompletableFuture<HeldGrant> now() {
      return newest == null ? first : CompletableFuture.completedFuture(newest);
    }

    synchronized void opened() {
      used = true;
      open++;
    }

    synchronized void closed() {
      open--;
    }

    /** Returns whether a call was made since the last question, or is open. */
    synchronized boolean wasUsed() {
      boolean was = used || open > 0;
      used = false;
      return was;
    }
  }

  HeldGrants(GrantClient host, Timer timer, InstantSource clock) {
    this.host = host;
    this.timer = timer;
    this.clock = clock;
  }

  /** Notes which services need a grant, by what the host said at an enrolment. */
  void needed(Collection<String> services) {
    byGrant.addAll(services);
  }

  /** Returns whether calls of {@code service} need a grant. */
  boolean isNeeded(String service) {
    return byGrant.contains(service);
  }

  /** Returns the grant for a call of {@code service}, asking for one if there is none. */
  CompletableFuture<HeldGrant> of(String service) {
    return slot(service).now();
  }

  /**
   * Notes that a call of {@code service} begins; what it returns is to be run when it has ended.
   */
  Runnable opened(String service) {
    Slot slot = slot(service);
    slot.opened();
    return slot::closed;
  }

  private Slot slot(String service) {
    Slot known = slots.get(service);
    if (known != null) {
      return known;
    }
    CompletableFuture<HeldGrant> first = new CompletableFuture<>();
    Slot added = new Slot(first);
    Slot earlier = slots.putIfAbsent(service, added);
    if (earlier != null) {
      return earlier;
    }
    var unused =
        host.request(service)
            .whenComplete(
                (grant, failure) -> {
                  if (grant == null) {
                    slots.remove(service, added);
                    first.completeExceptionally(failure);
                  } else {
                    keep(service, added, grant);
                    first.complete(grant);
                  }
                });
    return added;
  }

  private void keep(String service, Slot slot, HeldGrant grant) {
    slot.newest(grant);
    plan(service, slot, grant, grant.halfLife());
  }

  private void plan(String service, Slot slot, HeldGrant grant, Duration pause) {
    var unused = timer.after(pause, () -> refresh(service, slot, grant));
  }

  /** Refreshes a grant that is used, and gives back one that is not. */
  private void refresh(String service, Slot slot, HeldGrant grant) {
    if (slots.get(service) != slot) {
      return;
    }
    if (!slot.wasUsed()) {
      if (slots.remove(service, slot)) {
        host.release(grant);
      }
      return;
    }
    var unused =
        host.refresh(grant)
            .whenComplete(
                (next, failure) -> {
                  if (next != null) {
                    keep(service, slot, next);
                  } else {
                    notRefreshed(service, slot, grant, failure);
                  }
                });
  }

  private void notRefreshed(String service, Slot slot, HeldGrant grant, Throwable failure) {
    LOG.log(DEBUG, "grant of {0} not refreshed: {1}", service, failure.getMessage());
    slot.opened(); // to be refreshed still
    slot.closed();
    Duration pause = Duration.between(clock.instant(), grant.expires()).dividedBy(2);
    if (pause.compareTo(LEAST_PAUSE) < 0) {
      slots.remove(service, slot);
    } else {
      plan(service, slot, grant, pause);
    }
  }

  /**
   * Notes that the host refused a call of {@code service} that began at {@code nanos} for its
   * grant. A grant that was asked for later stays. Returns whether another attempt may help.
   */
  boolean refused(String service, long nanos) {
    boolean wasUnknown = byGrant.add(service);
    Slot slot = slots.get(service);
    if (slot != null && slot.sinceNanos - nanos <= 0) {
      slots.remove(service, slot);
      return true;
    }
    return wasUnknown || slot != null;
  }

  /** Forgets all, because the host has: the plugin has enrolled again. */
  void forget() {
    slots.clear();
  }
}
