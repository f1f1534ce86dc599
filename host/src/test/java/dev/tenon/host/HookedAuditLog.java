package dev.tenon.host;

import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditEvent.Outcome;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/** An audit log that does what a test wants before it records, in memory and in another log. */
public final class HookedAuditLog implements AuditLog {
  final List<AuditEvent> events = new CopyOnWriteArrayList<>();
  volatile Hook hook = event -> {};
  private volatile boolean hasFailed;
  private final AuditLog below;

  /** Makes one that records in memory alone. */
  HookedAuditLog() {
    this(new Nowhere());
  }

  /** Makes one that stands before {@code below}, and leaves it open. */
  HookedAuditLog(AuditLog below) {
    this.below = below;
  }

  /** What happens before an event is recorded. */
  @FunctionalInterface
  interface Hook {
    void before(AuditEvent event) throws AuditFailedException;
  }

  /** Puts one before the audit log that a host of {@code builder} will have; call it once. */
  public static Supplier<HookedAuditLog> before(HostBuilder builder) {
    AtomicReference<HookedAuditLog> made = new AtomicReference<>();
    builder.beforeAudit(
        log -> {
          made.set(new HookedAuditLog(log));
          return made.get();
        });
    return made::get;
  }

  /**
   * Makes the record number {@code count} fail that has this action and succeeds; the first is 1.
   */
  public void failAt(String action, int count) {
    AtomicInteger left = new AtomicInteger(count);
    hook =
        event -> {
          if (event.action().equals(action)
              && event.outcome() == Outcome.SUCCESS
              && left.decrementAndGet() == 0) {
            hasFailed = true;
            throw full();
          }
        };
  }

  /** Returns whether what {@link #failAt} counts has come since it was last mended. */
  public boolean hasFailed() {
    return hasFailed;
  }

  /** Runs each action before the first event that has the action of that name and succeeds. */
  public void onceEach(Map<String, Runnable> actions) {
    Map<String, Runnable> left = new ConcurrentHashMap<>(actions);
    hook =
        event -> {
          if (event.outcome() == Outcome.SUCCESS) {
            Runnable action = left.remove(event.action());
            if (action != null) {
              action.run();
            }
          }
        };
  }

  /** Returns the actions of the events of that kind that succeeded, in order. */
  public List<String> successes(String event) {
    return events.stream()
        .filter(one -> one.event().equals(event) && one.outcome() == Outcome.SUCCESS)
        .map(AuditEvent::action)
        .toList();
  }

  /** Makes all records fail that have {@code outcome}. */
  void failOn(Outcome outcome) {
    hook =
        event -> {
          if (event.outcome() == outcome) {
            throw full();
          }
        };
  }

  /** Makes all records fail from the first on that has this action and succeeds. */
  void failFrom(String action) {
    hook =
        event -> {
          if (event.action().equals(action) && event.outcome() == Outcome.SUCCESS) {
            hook =
                later -> {
                  throw full();
                };
            throw full();
          }
        };
  }

  /** Makes records succeed again. */
  public void mend() {
    hasFailed = false;
    hook = event -> {};
  }

  private static AuditFailedException full() {
    return new AuditFailedException("audit log: full");
  }

  /** Runs {@code action} before the first event that has this action and succeeds. */
  public void once(String action, Runnable run) {
    hook =
        event -> {
          if (event.action().equals(action) && event.outcome() == Outcome.SUCCESS) {
            hook = later -> {};
            run.run();
          }
        };
  }

  @Override
  public void record(AuditEvent event) throws AuditFailedException {
    before(event);
    below.record(event);
  }

  @Override
  public CompletableFuture<Void> commit(AuditEvent event) {
    try {
      before(event);
    } catch (AuditFailedException e) {
      return CompletableFuture.failedFuture(e);
    }
    return below.commit(event);
  }

  @Override
  public void note(AuditEvent event) throws AuditFailedException {
    before(event);
    below.note(event);
  }

  private void before(AuditEvent event) throws AuditFailedException {
    hook.before(event);
    events.add(event);
  }

  @Override
  public void close() {}

  private static final class Nowhere implements AuditLog {
    @Override
    public void record(AuditEvent event) {}

    @Override
    public void close() {}
  }
}
