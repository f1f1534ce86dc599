package dev.tenon.auth.policy;

import java.util.function.Predicate;

/**
 * A pattern over names: {@code *} is any run of characters, the empty one too, {@code ?} is exactly
 * one, everything else is itself. Case-sensitive, over the whole name. Immutable and thread-safe.
 *
 * <p>A pattern that no name can match is refused, because a rule that silently never matches is a
 * trap: above all one that denies.
 */
final class Glob implements Predicate<String> {
  /** Longest pattern, in characters. */
  static final int MAX_LENGTH = 256;

  private static final String LOWER_AND_DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789";
  private static final String LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + LOWER_AND_DIGITS;

  private final String pattern;

  private Glob(String pattern, String alphabet, String expected) {
    boolean valid =
        !pattern.isEmpty()
            && pattern.length() <= MAX_LENGTH
            && pattern
                .chars()
                .allMatch(c -> c == '*' || c == '?' || alphabet.indexOf((char) c) >= 0);
    if (!valid) {
      throw new IllegalArgumentException(
          "pattern (expected: " + expected + ", '*' and '?'; no other wildcards)");
    }
    this.pattern = pattern;
  }

  /**
   * Returns a pattern over plugin names and {@code host}.
   *
   * @throws IllegalArgumentException if it has characters that no such name has
   */
  static Glob ofCallers(String pattern) {
    return new Glob(pattern, LOWER_AND_DIGITS + "-", "1 to 256 of a-z, 0-9, '-'");
  }

  /**
   * Returns a pattern over service names.
   *
   * @throws IllegalArgumentException if it has characters, or dots in places, that no such name has
   */
  static Glob ofServices(String pattern) {
    if (pattern.startsWith(".") || pattern.endsWith(".") || pattern.contains("..")) {
      throw new IllegalArgumentException(
          "pattern (expected: no dot at the start, at the end or beside a dot)");
    }
    return new Glob(pattern, LETTERS_AND_DIGITS + "_.", "1 to 256 of A-Z, a-z, 0-9, '_', '.'");
  }

  /**
   * Returns a pattern over method names.
   *
   * @throws IllegalArgumentException if it has characters that no such name has
   */
  static Glob ofMethods(String pattern) {
    return new Glob(pattern, LETTERS_AND_DIGITS + "_", "1 to 256 of A-Z, a-z, 0-9, '_'");
  }

  /**
   * Returns whether the whole of {@code name} matches, in at most pattern length times name length
   * steps: only the last star is ever tried again, because what an earlier one could take, the last
   * one can take as well.
   */
  @Override
  public boolean test(String name) {
    int p = 0;
    int n = 0;
    int star = -1;
    int afterStar = 0;
    while (n < name.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        afterStar = n;
      } else if (p < pattern.length() && matchesOne(pattern.charAt(p), name.charAt(n))) {
        p++;
        n++;
      } else if (star >= 0) {
        p = star + 1;
        n = ++afterStar;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }

  /** {@code ?} does not take a star, so that {@link #covers} can test a pattern like a name. */
  private static boolean matchesOne(char wanted, char c) {
    return wanted == c || (wanted == '?' && c != '*');
  }

  /**
   * Returns whether everything that {@code other} matches matches here too. May be false though it
   * is so; never true though it is not.
   */
  boolean covers(Glob other) {
    return test(other.pattern);
  }

  /** Returns whether there is one name only that matches, which is then {@link #toString}. */
  boolean isLiteral() {
    return pattern.indexOf('*') < 0 && pattern.indexOf('?') < 0;
  }

  @Override
  public String toString() {
    return pattern;
  }
}
