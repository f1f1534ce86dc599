package dev.tenon.core;

/**
 * Text of others made fit for a log or a terminal: characters that could move the cursor, or forge,
 * hide or reorder text, are told apart from those that show themselves. Stateless.
 */
public final class Printable {
  private Printable() {}

  /** Returns whether the code point {@code c} shows as itself, in its place. */
  public static boolean isPrintable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED ->
          false;
      default -> c != 0xFFFD;
    };
  }

  /**
   * Returns {@code text} on one line. What is not printable is an escape, and so is each backslash
   * and quotation mark: no two texts look the same, and none ends a quotation.
   */
  public static String escaped(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(
            c -> {
              if (c == '\\' || c == '"') {
                escaped.append('\\').appendCodePoint(c);
              } else if (isPrintable(c)) {
                escaped.appendCodePoint(c);
              } else {
                escaped.append(String.format(c > 0xFFFF ? "\\U%08x" : "\\u%04x", c));
              }
            });
    return escaped.toString();
  }

  /** Returns {@code text} on one line, for a terminal: what is not printable is an escape. */
  public static String line(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (isPrintable(c)) {
                shown.appendCodePoint(c);
              } else {
                shown.append(String.format("\\u%04x", c));
              }
            });
    return shown.toString();
  }

  /** Returns {@code text} with its own line feeds, and each of its lines as {@link #line} does. */
  public static String lines(String text) {
    return String.join("\n", text.lines().map(Printable::line).toList());
  }
}
