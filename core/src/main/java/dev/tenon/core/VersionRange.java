package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import org.semver4j.range.RangeList;
import org.semver4j.range.RangeListFactory;

/**
 * Which versions of a service will do, in the npm range grammar: {@code >=1.0.0}, {@code ^1.2.0},
 * {@code >=1.0.0 <2.0.0}. {@link #ANY} takes every version, pre-releases too.
 */
public final class VersionRange {
  /** Longest range, in bytes. */
  public static final int MAX_LENGTH = 256;

  /** Every version. */
  public static final VersionRange ANY = new VersionRange();

  private final String value;
  private final @org.jspecify.annotations.Nullable RangeList ranges;

  private VersionRange() {
    value = "";
    ranges = null;
  }

  private VersionRange(String value, RangeList ranges) {
    this.value = value;
    this.ranges = ranges;
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
    if (value.length() > MAX_LENGTH || !isWellFormed(value)) {
      throw refused(value);
    }
    RangeList ranges;
    try {
      ranges = RangeListFactory.create(value);
    } catch (RuntimeException e) {
      throw refused(value);
    }
    if (ranges.get().isEmpty() || ranges.get().stream().anyMatch(java.util.List::isEmpty)) {
      throw refused(value);
    }
    return new VersionRange(value, ranges);
  }

  private static boolean isWellFormed(String value) {
    return value
            .chars()
            .allMatch(
                c ->
                    Ascii.isLetter((char) c)
                        || Ascii.isDigit((char) c)
                        || " .-<>=^~*|".indexOf(c) >= 0)
        && value.chars().anyMatch(c -> Ascii.isDigit((char) c) || c == '*');
  }

  private static IllegalArgumentException refused(String value) {
    return new IllegalArgumentException(
        "version range: "
            + Ascii.quote(value)
            + " (expected: a range such as >=1.0.0 or ^1.2.0, at most 256 bytes)");
  }

  /** Returns whether {@code version} will do. */
  public boolean contains(Version version) {
    return ranges == null || version.semver().satisfies(ranges);
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
