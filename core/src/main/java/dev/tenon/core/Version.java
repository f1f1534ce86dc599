package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import java.util.Iterator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A semantic version (Semantic Versioning 2.0.0) without build metadata, at most 64 bytes, ordered
 * by precedence: {@code 1.10.0} after {@code 1.9.0}, {@code 2.0.0-rc.1} before {@code 2.0.0}.
 */
public final class Version implements Comparable<Version> {
  /** Longest version, in bytes. */
  public static final int MAX_LENGTH = 64;

  /** A number without leading zeros; with 18 digits at most, it and its successor fit a long. */
  static final String NUMBER = "(?:0|[1-9][0-9]{0,17})";

  private static final String IDENTIFIER =
      "(?:(?:0|[1-9][0-9]*+)(?![0-9A-Za-z-])|[0-9]*+[A-Za-z-][0-9A-Za-z-]*+)";

  /** Dot-separated identifiers; numeric ones have no leading zeros (section 9). */
  static final String PRE_RELEASE = IDENTIFIER + "(?:\\." + IDENTIFIER + ")*+";

  private static final Pattern FORM =
      Pattern.compile(
          "(" + NUMBER + ")\\.(" + NUMBER + ")\\.(" + NUMBER + ")(?:-(" + PRE_RELEASE + "))?");

  private final long major;
  private final long minor;
  private final long patch;
  private final List<String> preRelease;

  /**
   * Parses a version.
   *
   * @throws IllegalArgumentException if {@code value} is not {@code n.n.n} or {@code n.n.n-pre}
   */
  public Version(String value) {
    requireNonNull(value, "value");
    Matcher form = FORM.matcher(value);
    if (value.length() > MAX_LENGTH || !form.matches()) {
      throw new IllegalArgumentException(
          "version: "
              + Ascii.quote(value)
              + " (expected: a semantic version such as 1.2.0 or 1.2.0-rc.1, at most 64 bytes, without"
              + " build metadata)");
    }
    major = Long.parseLong(form.group(1));
    minor = Long.parseLong(form.group(2));
    patch = Long.parseLong(form.group(3));
    preRelease = identifiers(form.group(4));
  }

  /** Makes a version of parts that were checked. */
  Version(long major, long minor, long patch, List<String> preRelease) {
    this.major = major;
    this.minor = minor;
    this.patch = patch;
    this.preRelease = List.copyOf(preRelease);
  }

  /** Returns the parts of a pre-release; none if there is none. */
  static List<String> identifiers(@Nullable String preRelease) {
    return preRelease == null ? List.of() : List.of(preRelease.split("\\.", -1));
  }

  boolean isPreRelease() {
    return !preRelease.isEmpty();
  }

  /** Returns whether both lead to the same release: they differ in the pre-release at most. */
  boolean isOfSameRelease(Version other) {
    return major == other.major && minor == other.minor && patch == other.patch;
  }

  /** Compares by precedence (section 11). Consistent with {@code equals}. */
  @Override
  public int compareTo(Version other) {
    int order = Long.compare(major, other.major);
    order = order != 0 ? order : Long.compare(minor, other.minor);
    order = order != 0 ? order : Long.compare(patch, other.patch);
    if (order != 0 || preRelease.isEmpty() || other.preRelease.isEmpty()) {
      return order != 0 ? order : Boolean.compare(!isPreRelease(), !other.isPreRelease());
    }
    Iterator<String> ours = preRelease.iterator();
    Iterator<String> theirs = other.preRelease.iterator();
    while (ours.hasNext() && theirs.hasNext()) {
      order = compareIdentifiers(ours.next(), theirs.next());
      if (order != 0) {
        return order;
      }
    }
    return Boolean.compare(ours.hasNext(), theirs.hasNext());
  }

  /** Numbers before names, numbers by value however long, names by their ASCII codes. */
  private static int compareIdentifiers(String ours, String theirs) {
    boolean isNumber = isNumber(ours);
    if (isNumber != isNumber(theirs)) {
      return isNumber ? -1 : 1;
    }
    return isNumber && ours.length() != theirs.length()
        ? Integer.compare(ours.length(), theirs.length())
        : ours.compareTo(theirs);
  }

  private static boolean isNumber(String identifier) {
    return identifier.chars().allMatch(c -> Ascii.isDigit((char) c));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Version version
        && isOfSameRelease(version)
        && preRelease.equals(version.preRelease);
  }

  @Override
  public int hashCode() {
    return toString().hashCode();
  }

  /** Returns the text that the constructor reads. */
  @Override
  public String toString() {
    String release = major + "." + minor + "." + patch;
    return isPreRelease() ? release + "-" + String.join(".", preRelease) : release;
  }
}
