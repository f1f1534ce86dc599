package dev.tenon.testing.attack;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Oracle O4: the audit file holds what the test expects, line for line, and nothing else. */
final class AuditTrail {
  private static final Pattern SPIFFE_ID = Pattern.compile("spiffe://[^ ]*/");
  private static final Pattern RUN = Pattern.compile("-[0-9a-f]{16}\\b");
  private static final Pattern REGISTRATION = Pattern.compile("\\b[0-9a-f]{32}\\b");

  private final Path file;
  private int begun;

  AuditTrail(Path file) {
    this.file = file;
  }

  /** Forgets all records up to now, those of refusals too that are still being written. */
  void begin() {
    List<String> before = List.of();
    do {
      before = lines();
      pause(100);
    } while (!lines().equals(before));
    begun = lines().size();
  }

  /** Returns the lines since the beginning of the test. */
  List<String> text() {
    List<String> lines = lines();
    return lines.subList(begun, lines.size());
  }

  /** A segment that could not be written is sealed, so the log may have several. */
  private List<String> lines() {
    try (Stream<Path> files = Files.list(file.toAbsolutePath().getParent())) {
      List<String> lines = new ArrayList<>();
      for (Path segment : files.sorted().toList()) {
        String name = segment.getFileName().toString();
        if (name.startsWith("audit") && name.endsWith(".jsonl")) {
          lines.addAll(Files.readAllLines(segment));
        }
      }
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns the records since the beginning of the test, each as {@code actor event action resource
   * outcome reason}; what differs from run to run is left out, what is absent is {@code -}.
   */
  List<String> records() {
    return text().stream()
        .filter(line -> !line.isBlank() && !line.contains("\"action\":\"summary\""))
        .flatMap(line -> Collections.nCopies(count(line), record(line)).stream())
        .toList();
  }

  /** Returns how many refusals a record tells of. */
  private static int count(String line) {
    JsonObject details = JsonParser.parseString(line).getAsJsonObject().getAsJsonObject("details");
    return details.has("count") ? details.get("count").getAsInt() : 1;
  }

  private static String record(String line) {
    JsonObject json = JsonParser.parseString(line).getAsJsonObject();
    return String.join(
        " ",
        member(json, "actor"),
        member(json, "event"),
        member(json, "action"),
        member(json, "resource"),
        member(json, "outcome"),
        member(json.getAsJsonObject("details"), "reason"));
  }

  private static String member(JsonObject json, String name) {
    JsonElement value = json.get(name);
    String text = value == null || value.isJsonNull() ? "-" : value.getAsString();
    String named = SPIFFE_ID.matcher(text).replaceAll("");
    return REGISTRATION.matcher(RUN.matcher(named).replaceAll("")).replaceAll("#");
  }

  /**
   * Returns how the records differ from {@code expected}, which has no order. Refusals are written
   * a little later than they are answered, and many that are alike up to 10 s later.
   *
   * @param allowed records that may be there, any number of times
   */
  List<String> violations(List<String> expected, Set<String> allowed) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
    while (records(allowed).size() < expected.size() && System.nanoTime() < end) {
      pause(20);
    }
    return differences(expected, allowed);
  }

  private List<String> records(Set<String> allowed) {
    return records().stream().filter(record -> !allowed.contains(record)).toList();
  }

  private static void pause(long millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  private List<String> differences(List<String> expected, Set<String> allowed) {
    List<String> missing = new ArrayList<>(expected);
    List<String> violations = new ArrayList<>();
    for (String record : records(allowed)) {
      if (!missing.remove(record)) {
        violations.add("O4: unexpected audit record: " + record);
      }
    }
    missing.forEach(record -> violations.add("O4: missing audit record: " + record));
    return violations.size() <= 20 ? violations : violations.subList(0, 20);
  }
}
