package dev.tenon.core;

import static dev.tenon.core.VersionBound.Order.ABOVE;
import static dev.tenon.core.VersionBound.Order.AT_LEAST;
import static dev.tenon.core.VersionBound.Order.AT_MOST;
import static dev.tenon.core.VersionBound.Order.BELOW;
import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which versions of a service will do, in the npm range grammar: {@code >=1.0.0}, {@code ^1.2.0},
 * {@code ~1.2}, {@code 1.x}, {@code 1.0.0 - 2.0.0}, {@code >=1.0.0 <2.0.0}, {@code ^1.0.0 ||
 * ^2.0.0}. {@link #ANY} takes every version, pre-releases too; any other range takes a pre-release
 * only if one of its bounds names a pre-release of the same release.
 *
 * <p>Stricter than npm: no {@code v}, no build metadata, no empty alternative, and no bound that no
 * version can keep, such as {@code <*}.
 */
public final class VersionRange {
  /** Longest range, in bytes. */
  public static final int MAX_LENGTH = 256;

  /** Every version. */
  public static final VersionRange ANY = new VersionRange("", List.of());

  private static final Pattern HYPHENATED =
      Pattern.compile("(" + PartialVersion.FORM + ") ++- ++(" + PartialVersion.FORM + ")");
  private static final Pattern COMPARATOR =
      Pattern.compile("(>=|<=|>|<|=|\\^|~|) *+(" + PartialVersion.FORM + ")(?: ++|\\z)");

  private final String value;

  /** One list of bounds for each alternative; none at all for {@link #ANY}. */
  private final List<List<VersionBound>> alternatives;

  private VersionRange(String value, List<List<VersionBound>> alternatives) {
    this.value = value;
    this.alternatives = List.copyOf(alternatives);
  }

  /**
   * Parses a range; the empty text is {@link #ANY}.
   *
   * @throws IllegalArgumentException if {@code value} is not a range
   */
  public static VersionRange parse(String value) {
    requireNonNull(value, "value");
    if (value.isEmpty()) {
      return ANY;
    }
    if (value.length() > MAX_LENGTH) {
      throw refused(value);
    }
    List<List<VersionBound>> alternatives = new ArrayList<>();
    for (String alternative : value.split("\\|\\|", -1)) {
      List<VersionBound> bounds = bounds(trimmed(alternative));
      if (bounds.isEmpty()) {
        throw refused(value);
      }
      alternatives.add(bounds);
    }
    return new VersionRange(value, alternatives);
  }

  /** Returns {@code text} without the spaces around it; {@code trim} takes control characters. */
  private static String trimmed(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && text.charAt(from) == ' ') {
      from++;
    }
    while (from < to && text.charAt(to - 1) == ' ') {
      to--;
    }
    return text.substring(from, to);
  }

  /** Returns what one alternative asks for, or nothing if it is malformed. */
  private static List<VersionBound> bounds(String alternative) {
    Matcher hyphenated = HYPHENATED.matcher(alternative);
    if (hyphenated.matches()) {
      List<VersionBound> both =
          new ArrayList<>(bounds(">=", PartialVersion.of(hyphenated.group(1))));
      both.addAll(bounds("<=", PartialVersion.of(hyphenated.group(2))));
      return both;
    }
    List<VersionBound> all = new ArrayList<>();
    Matcher comparator = COMPARATOR.matcher(alternative);
    int at = 0;
    while (at < alternative.length()) {
      if (!comparator.find(at) || comparator.start() != at) {
        return List.of();
      }
      List<VersionBound> next = bounds(comparator.group(1), PartialVersion.of(comparator.group(2)));
      if (next.isEmpty()) {
        return List.of();
      }
      all.addAll(next);
      at = comparator.end();
    }
    return all;
  }

  /** Returns the bounds of one comparator, or nothing if no version can keep them. */
  private static List<VersionBound> bounds(String operator, PartialVersion version) {
    VersionBound atLeast = new VersionBound(AT_LEAST, version.first());
    if (version.isAny()) {
      return operator.equals("<") || operator.equals(">") ? List.of() : List.of(atLeast);
    }
    boolean complete = version.isComplete();
    VersionBound below = new VersionBound(BELOW, version.after());
    VersionBound atMost = complete ? new VersionBound(AT_MOST, version.first()) : below;
    return switch (operator) {
      case ">=" -> List.of(atLeast);
      case ">" ->
          List.of(
              complete
                  ? new VersionBound(ABOVE, version.first())
                  : new VersionBound(AT_LEAST, version.after()));
      case "<=" -> List.of(atMost);
      case "<" -> List.of(new VersionBound(BELOW, version.first()));
      case "~" ->
          List.of(
              atLeast,
              new VersionBound(BELOW, version.after(Math.min(2, version.numbers().size()))));
      case "^" -> List.of(atLeast, new VersionBound(BELOW, version.after(version.compatible())));
      default -> List.of(atLeast, atMost);
    };
  }

  private static IllegalArgumentException refused(String value) {
    return new IllegalArgumentException(
        "version range: "
            + Ascii.quote(value)
            + " (expected: a range such as >=1.0.0 or ^1.2.0, at most 256 bytes)");
  }

  /** Returns whether {@code version} will do. */
  public boolean contains(Version version) {
    return alternatives.isEmpty()
        || alternatives.stream().anyMatch(bounds -> keeps(version, bounds));
  }

  private static boolean keeps(Version version, List<VersionBound> bounds) {
    return bounds.stream().allMatch(bound -> bound.contains(version))
        && (!version.isPreRelease()
            || bounds.stream().anyMatch(bound -> bound.admitsPreReleaseOf(version)));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof VersionRange range && value.equals(range.value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  /** Returns the text that {@link #parse} reads. */
  @Override
  public String toString() {
    return value;
  }
}
