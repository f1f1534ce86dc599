package dev.tenon.core;

import static java.util.Objects.requireNonNull;

/** A sentence for the operator, from a peer: at most 1,024 UTF-8 bytes, no control characters. */
public record Reason(String text) {
  /** Longest text, in UTF-8 bytes. */
  public static final int MAX_BYTES = 1024;

  /**
   * Checks the text.
   *
   * @throws IllegalArgumentException if it is too long or has a control character
   */
  public Reason {
    requireNonNull(text, "text");
    int bytes = Ascii.utf8Length(text);
    if (bytes > MAX_BYTES) {
      throw new IllegalArgumentException("reason: " + bytes + " bytes (expected: at most 1024)");
    }
    if (Ascii.hasControl(text)) {
      throw new IllegalArgumentException("reason: has a control character (expected: none)");
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
