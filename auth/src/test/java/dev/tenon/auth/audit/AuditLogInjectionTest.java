package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts from hostile peers in every field of an event. */
class AuditLogInjectionTest {
  /**
   * Nothing that a peer sends ends a line, forges a field or reaches a terminal. Row: AU-7, SL-8.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\n{\"timestamp\":\"forged\"}\n",
        "\r\n",
        "a\u2028b\u2029c",
        "\u0085next line",
        "\u001b[2J\u001b[31mred",
        "\u009b31m",
        "\",\"outcome\":\"success\",\"x\":\"",
        "\\\",\\n\\u000a",
        "</script>'=&",
        "\u202egnol",
        "\u0000\u007f",
        "\ud800 alone",
        "\ud83d\ude00",
        "\ufeff\ufffe",
      })
  void record_hostileText_oneAsciiLineThatMeansTheSame(String text, @TempDir Path folder)
      throws Exception {
    Path file = folder.resolve("audit.jsonl");
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file)) {
      log.record(
          new AuditEvent(
              Instant.EPOCH,
              text,
              text,
              text,
              text,
              AuditEvent.Outcome.DENIED,
              Map.of(text, text)));
    }

    String written = Files.readString(file, StandardCharsets.ISO_8859_1);
    assertThat(written).matches("[ -~]+\n");
    JsonObject record = JsonParser.parseString(written).getAsJsonObject();
    assertThat(record.get("event").getAsString()).isEqualTo(text);
    assertThat(record.get("actor").getAsString()).isEqualTo(text);
    assertThat(record.get("action").getAsString()).isEqualTo(text);
    assertThat(record.get("resource").getAsString()).isEqualTo(text);
    assertThat(record.getAsJsonObject("details").get(text).getAsString()).isEqualTo(text);
    JsonLinesAuditLogTest.assertSchema(written.strip());
  }

  /** A field of a mebibyte costs a bounded line. Row: AU-7. Attack: A9. */
  @Test
  void record_hugeFields_boundedLine(@TempDir Path folder) throws Exception {
    String huge = "\u0000".repeat(1 << 20);
    Path file = folder.resolve("audit.jsonl");
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file)) {
      log.record(
          new AuditEvent(
              Instant.EPOCH, huge, huge, huge, huge, AuditEvent.Outcome.ERROR, Map.of(huge, huge)));
    }

    assertThat(Files.size(file)).isLessThan(6 * 6 * 1024 + 1024);
    assertThat(Files.readAllLines(file)).hasSize(1);
  }
}
