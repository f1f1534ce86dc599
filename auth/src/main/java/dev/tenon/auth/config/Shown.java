package dev.tenon.auth.config;

import dev.tenon.core.Token;
import java.util.ArrayList;
import java.util.List;
import org.tomlj.TomlArray;
import org.tomlj.TomlTable;

/**
 * Text from a file, made fit for a message: bounded, and without characters that could forge or
 * hide a line.
 */
final class Shown {
  private static final int MAX_VALUE_CHARS = 80;
  private static final int MAX_TEXT_CHARS = 400;

  private Shown() {}

  /** Returns {@code text} in quotes. */
  static String quoted(String text) {
    return '"' + printable(text, MAX_VALUE_CHARS) + '"';
  }

  /** Returns {@code text} as it is, but for what does not belong into a message. */
  static String plain(String text) {
    return printable(text, MAX_TEXT_CHARS);
  }

  /** Returns {@code key} as TOML would write it: bare, or in quotes. */
  static String key(String key) {
    String shown = Token.redact(key);
    boolean bare =
        !shown.isEmpty()
            && shown.length() <= MAX_VALUE_CHARS
            && shown.chars().allMatch(c -> c == '-' || c == '_' || isAsciiLetterOrDigit(c));
    return bare ? shown : quoted(shown);
  }

  /** Returns what a message calls {@code value}, which a TOML table holds. */
  static String value(Object value) {
    if (value instanceof String text) {
      return quoted(text);
    }
    if (value instanceof Long || value instanceof Double || value instanceof Boolean) {
      return value.toString();
    }
    if (value instanceof TomlTable) {
      return "a table";
    }
    return value instanceof TomlArray ? "an array" : "a date or time";
  }

  /** Returns {@code keys} in alphabetical order, separated by commas. */
  static String list(Iterable<String> keys) {
    List<String> sorted = new ArrayList<>();
    keys.forEach(key -> sorted.add(key(key)));
    sorted.sort(null);
    return String.join(", ", sorted);
  }

  private static boolean isAsciiLetterOrDigit(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  /** A token has no business in a file; a message about the file is not to spread it. */
  private static String printable(String raw, int maxChars) {
    String text = Token.redact(raw);
    StringBuilder printable = new StringBuilder(Math.min(text.length(), maxChars) + 3);
    for (int i = 0; i < text.length() && i < maxChars; i++) {
      char c = text.charAt(i);
      printable.append(c >= ' ' && c <= '~' ? c : '?');
    }
    return printable.append(text.length() > maxChars ? "..." : "").toString();
  }
}
