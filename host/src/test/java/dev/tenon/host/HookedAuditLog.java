package dev.tenon.host;

import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An audit log in memory that does what a test wants before it records. */
final class HookedAuditLog implements AuditLog {
  final List<AuditEvent> events = new CopyOnWriteArrayList<>();
  volatile Hook hook = event -> {};

  /** What happens before an event is recorded. */
  @FunctionalInterface
  interface Hook {
    void before(AuditEvent event) throws AuditFailedException;
  }

  /** Makes all records fail that have {@code outcome}. */
  void failOn(AuditEvent.Outcome outcome) {
    hook =
        event -> {
          if (event.outcome() == outcome) {
            throw new AuditFailedException("audit log: full");
          }
        };
  }

  /** Runs {@code action} before the first event that has this action and succeeds. */
  void once(String action, Runnable run) {
    hook =
        event -> {
          if (event.action().equals(action) && event.outcome() == AuditEvent.Outcome.SUCCESS) {
            hook = later -> {};
            run.run();
          }
        };
  }

  @Override
  public void record(AuditEvent event) throws AuditFailedException {
    hook.before(event);
    events.add(event);
  }

  @Override
  public void close() {}
}
