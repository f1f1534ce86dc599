package dev.tenon.auth.audit;

import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** An event on its way to the disk, and who is told how that went. */
record Entry(AuditEvent event, CompletableFuture<Void> committed, Kind kind) {
  /** Whether its writer waits. */
  enum Kind {
    /** A caller waits for it, or what depends on it does. */
    AWAITED,
    /** Nobody does. */
    NOTED,
    /** It is no event; it makes whoever takes it look around. */
    WAKE
  }

  /** Returns an entry that is not written. */
  static Entry wake() {
    AuditEvent none =
        new AuditEvent(
            Instant.EPOCH, "none", null, "wake", null, AuditEvent.Outcome.SUCCESS, Map.of());
    return new Entry(none, new CompletableFuture<>(), Kind.WAKE);
  }

  static Entry awaited(AuditEvent event) {
    return new Entry(event, new CompletableFuture<>(), Kind.AWAITED);
  }

  static Entry noted(AuditEvent event) {
    return new Entry(event, new CompletableFuture<>(), Kind.NOTED);
  }
}
