package dev.tenon.host;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** The audit file of a host, as an operator reads it. */
final class AuditTrail {
  private final Path file;

  AuditTrail(Path file) {
    this.file = file;
  }

  /** One record; an absent member is the empty text. */
  record Entry(
      String event, String actor, String action, String resource, String outcome, String reason) {
    boolean isDenied(String ofEvent) {
      return event.equals(ofEvent) && outcome.equals("denied");
    }
  }

  /**
   * Returns the file once it has not grown for a while: refusals are answered before they are
   * written.
   */
  String text() {
    String before = "";
    for (int same = 0; same < 5; same++) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      String now = read();
      same = now.equals(before) && isIdle() ? same : -1;
      before = now;
    }
    return before;
  }

  /** Returns whether those who write audit logs in this process wait for something to write. */
  private static boolean isIdle() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(thread -> thread.getKey().getName().equals("tenon-audit"))
        .allMatch(
            thread ->
                Stream.of(thread.getValue())
                    .anyMatch(frame -> frame.getClassName().endsWith("ArrayBlockingQueue")));
  }

  private String read() {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<Entry> entries() {
    return text().lines().filter(line -> !line.isBlank()).map(AuditTrail::entry).toList();
  }

  /** Returns why {@code event} was denied, each time. */
  List<String> denials(String event) {
    return entries().stream().filter(entry -> entry.isDenied(event)).map(Entry::reason).toList();
  }

  private static Entry entry(String line) {
    JsonObject json = JsonParser.parseString(line).getAsJsonObject();
    return new Entry(
        member(json, "event"),
        member(json, "actor"),
        member(json, "action"),
        member(json, "resource"),
        member(json, "outcome"),
        member(json.getAsJsonObject("details"), "reason"));
  }

  private static String member(JsonObject json, String name) {
    JsonElement value = json.get(name);
    return value == null || value.isJsonNull() ? "" : value.getAsString();
  }
}
