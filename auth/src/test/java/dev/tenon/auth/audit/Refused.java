package dev.tenon.auth.audit;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;

/** Counts refusals in a file: those that stand alone, and those that were counted. */
final class Refused {
  private Refused() {}

  static long count(Path file) throws Exception {
    long count = 0;
    for (String line : Files.readAllLines(file)) {
      JsonObject record = JsonParser.parseString(line).getAsJsonObject();
      if (record.get("outcome").getAsString().equals("denied")) {
        JsonObject details = record.getAsJsonObject("details");
        count += details.has("count") ? details.get("count").getAsLong() : 1;
      }
    }
    return count;
  }
}
