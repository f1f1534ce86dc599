package dev.tenon.cli;

/**
 * Text from outside (names of files, words of plugins) made fit for a terminal: characters that
 * could move the cursor, or forge, hide or reorder text, are shown as escapes. Public for the
 * example host's commands.
 */
public final class Printable {
  private Printable() {}

  /** Returns {@code text} on one line. */
  public static String line(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (dev.tenon.core.Printable.isPrintable(c)) {
                shown.appendCodePoint(c);
              } else {
                shown.append(String.format("\\u%04x", c));
              }
            });
    return shown.toString();
  }

  /** Returns {@code text} with its own line feeds. */
  public static String lines(String text) {
    return String.join("\n", text.lines().map(Printable::line).toList());
  }
}
