package dev.tenon.host;

import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditEvent.Outcome;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** An audit log that does what a test wants before it records, in memory and in another log. */
final class HookedAuditLog implements AuditLog {
  final List<AuditEvent> events = new CopyOnWriteArrayList<>();
  volatile Hook hook = event -> {};
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
  void mend() {
    hook = event -> {};
  }

  private static AuditFailedException full() {
    return new AuditFailedException("audit log: full");
  }

  /** Runs {@code action} before the first event that has this action and succeeds. */
  void once(String action, Runnable run) {
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
