package dev.tenon.core;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A version in a range, of which only the first numbers may be given: {@code 1.2.3-rc.1}, {@code
 * 1.2}, {@code 1.x}, {@code *}. It stands for all versions that begin so.
 */
record PartialVersion(List<Long> numbers, List<String> preRelease) {
  private static final String WILDCARD = "[xX*]";

  /** How a partial version is written; what follows a wildcard can only be a wildcard. */
  static final String FORM =
      "(?:%2$s(?:\\.%2$s){0,2}|%1$s(?:\\.%2$s){0,2}|%1$s\\.%1$s(?:\\.%2$s)?|%1$s\\.%1$s\\.%1$s(?:-%3$s)?)"
          .formatted(Version.NUMBER, WILDCARD, Version.PRE_RELEASE);

  private static final Pattern NUMBER = Pattern.compile("(?:^|\\.)(" + Version.NUMBER + ")");

  /** Reads a text of {@link #FORM}. */
  static PartialVersion of(String text) {
    int dash = text.indexOf('-');
    List<Long> numbers = new ArrayList<>();
    Matcher number = NUMBER.matcher(dash < 0 ? text : text.substring(0, dash));
    while (number.find()) {
      numbers.add(Long.parseLong(number.group(1)));
    }
    return new PartialVersion(
        List.copyOf(numbers), Version.identifiers(dash < 0 ? null : text.substring(dash + 1)));
  }

  boolean isComplete() {
    return numbers.size() == 3;
  }

  /** Returns whether no number is given, so that it stands for every version. */
  boolean isAny() {
    return numbers.isEmpty();
  }

  /** Returns the first version that this stands for. */
  Version first() {
    return new Version(number(0), number(1), number(2), preRelease);
  }

  /** Returns the first release after all that begin with as many numbers as {@code kept}. */
  Version after(int kept) {
    return new Version(
        kept == 1 ? number(0) + 1 : number(0),
        kept == 2 ? number(1) + 1 : kept > 2 ? number(1) : 0,
        kept == 3 ? number(2) + 1 : 0,
        List.of());
  }

  /** Returns the first release after all that this stands for; it is not {@link #isAny}. */
  Version after() {
    return after(numbers.size());
  }

  /** Returns how many numbers a compatible version shares: up to the first that is not zero. */
  int compatible() {
    for (int i = 0; i < numbers.size(); i++) {
      if (number(i) != 0) {
        return i + 1;
      }
    }
    return numbers.size();
  }

  private long number(int index) {
    return index < numbers.size() ? numbers.get(index) : 0;
  }
}
