package dev.tenon.examples.host;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tenon.cli.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What an audit file says was refused, from a point on: that at which this was made. */
final class Refusals {
  /** One line of the file. */
  record Refused(String caller, String action, String resource, String reason) {
    /** Returns this with the plugin's name in the place of its run's id. */
    private Refused byPlugin() {
      return new Refused(RUN.matcher(caller).replaceFirst(""), action, resource, reason);
    }
  }

  private static final Pattern RUN = Pattern.compile("-[0-9a-f]{16}$");

  private final Path audit;
  private final long start;

  private Refusals(Path audit, long start) {
    this.audit = audit;
    this.start = start;
  }

  static Refusals from(Path audit) {
    try {
      return new Refusals(audit, Files.exists(audit) ? Files.size(audit) : 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads what was added since. */
  List<Refused> read() {
    List<Refused> found = new ArrayList<>();
    try (FileChannel file = FileChannel.open(audit)) {
      file.position(start);
      String added =
          new String(Channels.newInputStream(file).readAllBytes(), StandardCharsets.UTF_8);
      for (String line : added.lines().toList()) {
        JsonObject entry = JsonParser.parseString(line).getAsJsonObject();
        if (text(entry.get("outcome")).equals("denied")) {
          found.add(refused(entry));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  private static Refused refused(JsonObject entry) {
    return new Refused(
        text(entry.get("actor")),
        text(entry.get("action")),
        text(entry.get("resource")),
        text(entry.getAsJsonObject("details").get("reason")));
  }

  private static String text(JsonElement value) {
    return value == null || value.isJsonNull() ? "-" : value.getAsString();
  }

  /** Prints a row for all refusals that differ in the run alone, with how many they are. */
  void print(PrintWriter out) {
    Map<Refused, Integer> counts = new LinkedHashMap<>();
    read().forEach(refused -> counts.merge(refused.byPlugin(), 1, Integer::sum));
    Table table = new Table("CALLER", "ACTION", "RESOURCE", "REASON", "TIMES");
    counts.forEach(
        (refused, times) ->
            table.row(
                refused.caller(), refused.action(), refused.resource(), refused.reason(), times));
    table.print(out);
  }
}
