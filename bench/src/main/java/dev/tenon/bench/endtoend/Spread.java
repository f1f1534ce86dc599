package dev.tenon.bench.endtoend;

import java.util.List;
import java.util.Locale;

/** Several measurements of one thing: the median, and how far the others are from it. */
public record Spread(double lowest, double median, double highest, double middleHalf) {
  /** Above this, as a share of the median, the middle half says that a number means little. */
  private static final double MEANINGLESS = 0.3;

  /** Fewer measurements than this have no spread to speak of. */
  private static final int FEWEST = 3;

  /**
   * Returns the spread of {@code values}.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static Spread of(List<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("values: none (expected: at least one)");
    }
    List<Double> sorted = values.stream().sorted().toList();
    double middleHalf =
        sorted.size() < FEWEST
            ? Double.POSITIVE_INFINITY
            : quantile(sorted, 0.75) - quantile(sorted, 0.25);
    return new Spread(
        sorted.get(0), quantile(sorted, 0.5), sorted.get(sorted.size() - 1), middleHalf);
  }

  /** Interpolates between the two nearest. */
  private static double quantile(List<Double> sorted, double share) {
    double place = share * (sorted.size() - 1);
    int below = (int) place;
    double rest = place - below;
    double low = sorted.get(below);
    return rest == 0 ? low : low + rest * (sorted.get(below + 1) - low);
  }

  /** Returns whether the measurements agree well enough for their median to be compared. */
  public boolean isMeaningful() {
    return median > 0 && middleHalf <= MEANINGLESS * median;
  }

  /** Returns the median, and in brackets the lowest and the highest. */
  public String text() {
    return number(median) + " (" + number(lowest) + "–" + number(highest) + ")";
  }

  /** Returns {@code value} with two or three digits that count. */
  private static String number(double value) {
    if (value >= 100) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    String format = value >= 10 ? "%.1f" : value >= 0.1 || value == 0 ? "%.2f" : "%.3f";
    return String.format(Locale.ROOT, format, value);
  }
}
