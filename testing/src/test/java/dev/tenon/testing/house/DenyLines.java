package dev.tenon.testing.house;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the Javadoc of a test says that it sees refused: the word, a colon, entry points and reasons
 * with commas between, up to the end of the sentence. Each of the points goes with each of the
 * reasons.
 */
final class DenyLines {
  /** A method of the contract without its package, or a listener as a whole. */
  static final Pattern POINT =
      Pattern.compile("[A-Z][A-Za-z]*/[A-Z][A-Za-z]*|data|control|hosts|direct");

  static final Pattern REASON = Pattern.compile("[A-Z][A-Z_]+");

  private static final Pattern LINE = Pattern.compile("\\bDenies:([^.<@]*)");

  private DenyLines() {}

  /**
   * Returns the cells that {@code javadoc} names: a point, a space and a reason.
   *
   * @throws IllegalArgumentException if something else stands there
   */
  static List<String> cellsIn(String javadoc) {
    List<String> cells = new ArrayList<>();
    Matcher line = LINE.matcher(javadoc);
    while (line.find()) {
      List<String> points = new ArrayList<>();
      List<String> reasons = new ArrayList<>();
      for (String word : line.group(1).strip().split("[\\s,]+", -1)) {
        if (POINT.matcher(word).matches()) {
          points.add(word);
        } else if (REASON.matcher(word).matches()) {
          reasons.add(word);
        } else {
          throw new IllegalArgumentException(
              "Denies: \"" + word + "\" (expected: points and reasons, with commas between)");
        }
      }
      if (points.isEmpty() || reasons.isEmpty()) {
        throw new IllegalArgumentException(
            "Denies:" + line.group(1) + " (expected: at least one point and one reason)");
      }
      points.forEach(point -> reasons.forEach(reason -> cells.add(point + " " + reason)));
    }
    return cells;
  }
}
