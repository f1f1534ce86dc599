package dev.tenon.transport;

import dev.tenon.core.SpiffeId;
import dev.tenon.core.Token;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * The fields of a document that the host writes for a plugin or an administrator; a problem names
 * its field, and no secret.
 *
 * @param document what problems call it
 */
record DocumentFields(String document, Map<String, StrictJson.Value> values) {
  /** The version of the documents, under the key {@code tenon}. */
  static final int VERSION = 1;

  /**
   * Reads the one line of {@code document}, of this version.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  static DocumentFields read(String document, byte[] line) {
    DocumentFields fields;
    try {
      fields = new DocumentFields(document, StrictJson.read(line));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(document + ": " + e.getMessage());
    }
    fields.requireVersion();
    return fields;
  }

  private void requireVersion() {
    StrictJson.Value version = values.get("tenon");
    if (version == null
        || version.kind() != StrictJson.Kind.NUMBER
        || !version.text().equals(Integer.toString(VERSION))) {
      throw new IllegalArgumentException(
          document + ": \"tenon\" is missing or of another version (expected: " + VERSION + ")");
    }
  }

  <T> T parsed(String key, Function<String, T> parser) {
    String text = text(key);
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(document + ": \"" + key + "\": " + withoutToken(e));
    }
  }

  SpiffeId.OfHost hostId(String key) {
    if (parsed(key, SpiffeId::parse) instanceof SpiffeId.OfHost host) {
      return host;
    }
    throw new IllegalArgumentException(
        document + ": \"" + key + "\" is not that of a host (expected: that of a host)");
  }

  Token token(String key) {
    return Token.parse(Token.Kind.ENROLMENT, text(key))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    document + ": \"" + key + "\" is malformed (expected: an enrolment token)"));
  }

  Instant time(String key) {
    try {
      return Instant.parse(text(key));
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          document + ": \"" + key + "\" is malformed (expected: a time as in RFC 3339)");
    }
  }

  /** Returns the user id at {@code key}, empty if there is none. */
  OptionalInt uid(String key) {
    StrictJson.Value value = values.get(key);
    if (value == null) {
      return OptionalInt.empty();
    }
    try {
      if (value.kind() == StrictJson.Kind.NUMBER) {
        return OptionalInt.of(Integer.parseUnsignedInt(value.text()));
      }
    } catch (NumberFormatException e) {
      // Negative, broken or too large: see below.
    }
    throw new IllegalArgumentException(
        document + ": \"" + key + "\" is malformed (expected: a user id)");
  }

  private String text(String key) {
    StrictJson.Value value = values.get(key);
    if (value == null || value.kind() != StrictJson.Kind.STRING) {
      throw new IllegalArgumentException(
          document + ": \"" + key + "\" is missing (expected: a string)");
    }
    return value.text();
  }

  /** Returns the message, unless a token stands in the wrong field and the message shows it. */
  private static String withoutToken(IllegalArgumentException e) {
    String message = String.valueOf(e.getMessage());
    for (Token.Kind kind : Token.Kind.values()) {
      if (message.contains(kind.prefix())) {
        return "malformed, and looks like a token";
      }
    }
    return message;
  }
}
