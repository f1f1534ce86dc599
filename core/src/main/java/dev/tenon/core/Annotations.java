package dev.tenon.core;

import java.util.Map;

/**
 * What a plugin tells about itself or a registration, for people to read: at most 100 entries.
 * Never used for a decision or an address.
 */
public record Annotations(Map<String, String> entries) {
  /** Most entries. */
  public static final int MAX_ENTRIES = 100;

  /** Longest key, in bytes. */
  public static final int MAX_KEY_BYTES = 256;

  /** Longest value, in UTF-8 bytes. */
  public static final int MAX_VALUE_BYTES = 4096;

  /** No entries. */
  public static final Annotations NONE = new Annotations(Map.of());

  /**
   * Checks and copies the entries.
   *
   * @throws IllegalArgumentException if there are too many, a key is not a letter followed by
   *     letters, digits, {@code _ - .}, or a value is too long or has a control character
   */
  public Annotations {
    if (entries.size() > MAX_ENTRIES) {
      throw new IllegalArgumentException(
          "metadata: " + entries.size() + " entries (expected: at most 100)");
    }
    entries.forEach(Annotations::check);
    entries = Map.copyOf(entries);
  }

  private static void check(String key, String value) {
    if (key.isEmpty()
        || key.length() > MAX_KEY_BYTES
        || !Ascii.isLetter(key.charAt(0))
        || !key.chars()
            .allMatch(
                c ->
                    Ascii.isLetter((char) c) || Ascii.isDigit((char) c) || "_-.".indexOf(c) >= 0)) {
      throw new IllegalArgumentException(
          "metadata key: "
              + Ascii.quote(key)
              + " (expected: a letter, then letters, digits, '_', '-' and '.'; at most 256 bytes)");
    }
    int bytes = Ascii.utf8Length(value);
    if (bytes > MAX_VALUE_BYTES) {
      throw new IllegalArgumentException(
          "metadata value of "
              + Ascii.quote(key)
              + ": "
              + bytes
              + " bytes (expected: at most 4096)");
    }
    if (Ascii.hasControl(value)) {
      throw new IllegalArgumentException(
          "metadata value of " + Ascii.quote(key) + ": has a control character (expected: none)");
    }
  }
}
