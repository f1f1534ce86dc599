package dev.tenon.auth.audit;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** The records of {@link Events} that stand in the files of a log, whatever its chain says. */
final class WrittenRecords {
  private WrittenRecords() {}

  /** Returns {@code actor number} of each, as often as it stands there. */
  static List<String> in(Path folder) throws IOException {
    List<String> written = new ArrayList<>();
    for (Path segment : new LogPaths(folder.resolve("audit.jsonl")).segments()) {
      lines(segment).forEach(line -> add(written, line));
    }
    return written;
  }

  private static List<String> lines(Path segment) throws IOException {
    InputStream bytes = new ByteArrayInputStream(Files.readAllBytes(segment));
    try (InputStream in = LogPaths.isCompressed(segment) ? new GZIPInputStream(bytes) : bytes) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
    }
  }

  /** The last line of the last segment may be torn. */
  private static void add(List<String> written, String line) {
    if (line.endsWith("}")) {
      JsonObject record = JsonParser.parseString(line).getAsJsonObject();
      if (record.get("event").getAsString().equals("call")) {
        written.add(record.get("actor").getAsString() + " " + record.get("resource").getAsString());
      }
    }
  }
}
