package dev.tenon.transport;

import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * One line of JSON that is an object, read strictly (RFC 8259): UTF-8 without a byte order mark, no
 * key twice, nothing after it. Its messages never show a value.
 */
final class StrictJson {
  private StrictJson() {}

  /**
   * Returns the strings and numbers at the top of the object, each with its kind; a number as it is
   * written. Values of other kinds are left out.
   *
   * @throws IllegalArgumentException if {@code line} is anything else than one such line
   */
  static Map<String, Value> read(byte[] line) {
    try (JsonReader reader = new JsonReader(new StringReader(decode(line)))) {
      reader.setStrictness(Strictness.STRICT);
      reader.setNestingLimit(16);
      Map<String, Value> values = members(reader);
      if (reader.peek() != JsonToken.END_DOCUMENT) {
        throw malformed("more than one value");
      }
      return values;
    } catch (MalformedJsonException | EOFException | IllegalStateException e) {
      throw malformed("malformed"); // Without the cause, whose message may show a value.
    } catch (JsonParseException | IOException e) {
      throw malformed("unreadable");
    }
  }

  private static Map<String, Value> members(JsonReader reader) throws IOException {
    Map<String, Value> values = new HashMap<>();
    Set<String> keys = new HashSet<>();
    reader.beginObject();
    while (reader.hasNext()) {
      String key = reader.nextName();
      if (!keys.add(key)) {
        throw malformed("a key twice");
      }
      switch (reader.peek()) {
        case STRING -> values.put(key, new Value(Kind.STRING, reader.nextString()));
        case NUMBER -> values.put(key, new Value(Kind.NUMBER, reader.nextString()));
        case BEGIN_ARRAY, END_ARRAY, BEGIN_OBJECT, END_OBJECT, NAME, BOOLEAN, NULL, END_DOCUMENT ->
            reader.skipValue();
      }
    }
    reader.endObject();
    return values;
  }

  private static String decode(byte[] line) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString();
      String body = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
      if (body.indexOf('\n') >= 0 || body.indexOf('\r') >= 0 || body.startsWith("\uFEFF")) {
        throw malformed("a line break or byte order mark");
      }
      return body;
    } catch (CharacterCodingException e) {
      throw malformed("not UTF-8");
    }
  }

  private static IllegalArgumentException malformed(String problem) {
    return new IllegalArgumentException(problem + " (expected: one JSON object on one line)");
  }

  /** Which kind of JSON value. */
  enum Kind {
    STRING,
    NUMBER
  }

  /** A JSON string or number, as text. */
  record Value(Kind kind, String text) {
    /** Returns the kind; the text may be a secret. */
    @Override
    public String toString() {
      return "Value[" + kind + ", redacted]";
    }
  }
}
