package dev.tenon.auth.audit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Events that tests tell apart, and logs made of them. */
final class Events {
  private Events() {}

  /** The {@code n}th event of {@code actor}. */
  static AuditEvent named(String actor, long n) {
    return new AuditEvent(
        Instant.EPOCH,
        "call",
        actor,
        "relay",
        String.valueOf(n),
        AuditEvent.Outcome.SUCCESS,
        Map.of());
  }

  static AuditEvent denied(String resource) {
    return new AuditEvent(
        Instant.EPOCH,
        "call",
        "mallory",
        "refuse",
        resource,
        AuditEvent.Outcome.DENIED,
        Map.of("reason", "no rule"));
  }

  /** Writes the records {@code from} to {@code to}, and closes the log. */
  static void write(Path file, AuditSettings settings, long from, long to) throws Exception {
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file, settings)) {
      for (long n = from; n <= to; n++) {
        log.record(named("w", n));
      }
    }
  }

  /** Returns the lines of {@code file} that have {@code text}. */
  static List<String> lines(Path file, String text) throws Exception {
    return Files.readAllLines(file).stream().filter(line -> line.contains(text)).toList();
  }
}
