package dev.tenon.router;

import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** An audit log that tests read, and that fails when told to. */
final class RecordingAuditLog implements AuditLog {
  private final List<AuditEvent> events = new CopyOnWriteArrayList<>();
  private volatile boolean failing;
  private volatile CompletableFuture<Void> held = CompletableFuture.completedFuture(null);

  /** Runs before each record, on the thread that records. */
  volatile Callable<?> beforeRecord = () -> "";

  @Override
  public void record(AuditEvent event) throws AuditFailedException {
    try {
      beforeRecord.call();
    } catch (Exception e) {
      throw new AuditFailedException("interrupted", e);
    }
    if (failing) {
      throw new AuditFailedException("disk full at /secret/path");
    }
    events.add(event);
  }

  /** Makes every later record fail. */
  void fail() {
    failing = true;
  }

  void mend() {
    failing = false;
  }

  /** Makes later commits wait for {@link #release}. */
  void hold() {
    held = new CompletableFuture<>();
  }

  /** Ends the waiting: with a failure, or with success if it is null. */
  void release(@Nullable Throwable failure) {
    CompletableFuture<Void> waiting = held;
    held = CompletableFuture.completedFuture(null);
    if (failure == null) {
      waiting.complete(null);
    } else {
      waiting.completeExceptionally(failure);
    }
  }

  @Override
  public CompletableFuture<Void> commit(AuditEvent event) {
    try {
      record(event);
    } catch (AuditFailedException e) {
      return CompletableFuture.failedFuture(e);
    }
    return held.isDone() ? CompletableFuture.completedFuture(null) : held.copy();
  }

  List<AuditEvent> events() {
    return events;
  }

  /** Returns the reasons of all refusals, in order. */
  List<String> reasons() {
    return events.stream()
        .filter(event -> event.outcome() == AuditEvent.Outcome.DENIED)
        .map(event -> event.details().get("reason"))
        .toList();
  }

  /** Returns what was done, in order. */
  List<String> actions() {
    return events.stream().map(AuditEvent::action).toList();
  }

  @Override
  public void close() {}
}
