package dev.tenon.testing.house;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The list of rows in the Javadoc of a test: the word, a colon, and ids with commas between. */
final class RowLines {
  private static final Pattern ROW = Pattern.compile("[A-Z]{2}-[1-9][0-9]*");

  /** An attack of the threat model, which a test may name beside its rows; it is no row. */
  private static final Pattern ATTACK = Pattern.compile("[A-Z][1-9][0-9]*");

  /** What follows the word up to the end of its sentence or paragraph, line breaks included. */
  private static final Pattern LINE = Pattern.compile("\\bRows?:([^.<@]*)");

  private RowLines() {}

  /**
   * Returns the rows that {@code javadoc} names, in order.
   *
   * @throws IllegalArgumentException if something else stands where a row is expected
   */
  static List<String> rowsIn(String javadoc) {
    List<String> rows = new ArrayList<>();
    Matcher line = LINE.matcher(paragraphs(javadoc));
    while (line.find()) {
      for (String id : line.group(1).split(",", -1)) {
        String word = id.strip();
        if (ROW.matcher(word).matches()) {
          rows.add(word);
        } else if (!ATTACK.matcher(word).matches()) {
          throw new IllegalArgumentException(
              "Row: \"" + word + "\" (expected: ids such as HS-1, with commas between them)");
        }
      }
    }
    return rows;
  }

  /** Returns the text with a full stop at the end of each paragraph. */
  private static String paragraphs(String javadoc) {
    return javadoc.strip().lines().map(String::strip).map(RowLines::stop).collect(joining("\n"));
  }

  private static String stop(String line) {
    return line.isEmpty() ? "." : line;
  }
}
