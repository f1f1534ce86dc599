package dev.tenon.auth.audit;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Locale;
import java.util.Map;

/**
 * The JSON form of an audit event, in ASCII on one line.
 *
 * <p>Everything outside printable ASCII is escaped, so that no field can end the line, move the
 * cursor of a terminal, or turn the direction of the text around it.
 */
final class AuditJson {
  private AuditJson() {}

  /** Returns {@code event} as a JSON object without its closing brace: the chain comes there. */
  static String open(AuditEvent event) {
    StringWriter json = new StringWriter();
    try (JsonWriter writer = new JsonWriter(json)) {
      write(event, writer);
    } catch (IOException e) {
      throw new AssertionError("a StringWriter does not fail", e);
    }
    String whole = ascii(json.toString());
    return whole.substring(0, whole.length() - 1);
  }

  private static void write(AuditEvent event, JsonWriter writer) throws IOException {
    writer.beginObject();
    writer.name("timestamp").value(event.timestamp().toString());
    writer.name("event").value(event.event());
    writer.name("actor").value(event.actor());
    writer.name("action").value(event.action());
    writer.name("resource").value(event.resource());
    writer.name("outcome").value(event.outcome().name().toLowerCase(Locale.ROOT));
    writer.name("details").beginObject();
    for (Map.Entry<String, String> detail : event.details().entrySet()) {
      writer.name(detail.getKey()).value(detail.getValue());
    }
    writer.endObject();
    if (event.duration() != null) {
      writer.name("duration_ms").value(event.duration().toMillis());
    }
    if (event.oboIdentity() != null) {
      writer.name("obo_identity").value(event.oboIdentity());
    }
    writer.endObject();
  }

  /** JSON has such characters inside of strings only, where their escape means the same. */
  private static String ascii(String json) {
    StringBuilder ascii = new StringBuilder(json.length());
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      if (c >= ' ' && c <= '~') {
        ascii.append(c);
      } else {
        ascii.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      }
    }
    return ascii.toString();
  }
}
