package dev.tenon.auth.policy;

import java.util.ArrayList;
import java.util.List;

/**
 * A pattern over names, case-sensitive and over the whole name. Immutable and thread-safe.
 *
 * <pre>
 * pattern = 1*256( "*" / "?" / class / character )
 * "*"       any run of characters, the empty one too; "**" is the same
 * "?"       exactly one character
 * class   = "[" [ "!" ] 1*( character / character "-" character ) "]"
 *           exactly one character that is listed, with "!" one that is not; a range goes up
 * </pre>
 *
 * <p>A character is one that the names have, and stands for itself; {@code -}, where names have it,
 * is one in a class only as its first or last. There is nothing else: no escape, no braces, no
 * negation of a whole pattern.
 *
 * <p>A pattern that no name can match is refused, because a rule that silently never matches is a
 * trap: above all one that denies.
 */
final class Glob {
  /** Longest pattern, in characters. */
  static final int MAX_LENGTH = 256;

  private static final String LOWER_AND_DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789";
  private static final String LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + LOWER_AND_DIGITS;

  private final String pattern;
  private final GlobElement[] elements;
  private final boolean literal;

  /** How the pattern begins before its first wildcard. */
  private final String prefix;

  /** Whether any name matches that begins with {@code prefix}. */
  private final boolean open;

  private Glob(String pattern, String alphabet, String expected) {
    if (pattern.isEmpty() || pattern.length() > MAX_LENGTH) {
      throw new IllegalArgumentException("pattern (expected: " + expected + ")");
    }
    this.pattern = pattern;
    this.elements = new Parser(pattern, alphabet, expected).elements();
    this.prefix = pattern.split("[*?\\[]", 2)[0];
    this.literal = prefix.length() == pattern.length();
    this.open = !literal && onlyStarsFrom(prefix.length());
  }

  /**
   * Returns a pattern over plugin names and {@code host}.
   *
   * @throws IllegalArgumentException if it has characters that no such name has, or another grammar
   */
  static Glob ofCallers(String pattern) {
    return new Glob(pattern, LOWER_AND_DIGITS + "-", expected("a-z, 0-9, '-'"));
  }

  /**
   * Returns a pattern over service names.
   *
   * @throws IllegalArgumentException if it has characters, or dots in places, that no such name
   *     has, or another grammar
   */
  static Glob ofServices(String pattern) {
    Glob services =
        new Glob(pattern, LETTERS_AND_DIGITS + "_.", expected("A-Z, a-z, 0-9, '_', '.'"));
    services.requireDotsBetweenNames();
    return services;
  }

  /**
   * Returns a pattern over method names.
   *
   * @throws IllegalArgumentException if it has characters that no such name has, or another grammar
   */
  static Glob ofMethods(String pattern) {
    return new Glob(pattern, LETTERS_AND_DIGITS + "_", expected("A-Z, a-z, 0-9, '_'"));
  }

  private static String expected(String characters) {
    return "1 to 256 of "
        + characters
        + ", '*', '?' and classes such as [a-z] or [!a]; no other wildcards";
  }

  private void requireDotsBetweenNames() {
    GlobElement dot = GlobElement.of('.');
    boolean afterDot = true;
    for (GlobElement element : elements) {
      boolean isDot = element.equals(dot);
      if (isDot && afterDot) {
        throw misplacedDot();
      }
      afterDot = isDot;
    }
    if (afterDot) {
      throw misplacedDot();
    }
  }

  private static IllegalArgumentException misplacedDot() {
    return new IllegalArgumentException(
        "pattern (expected: no dot at the start, at the end or beside a dot)");
  }

  /**
   * Returns whether the whole of {@code name} matches, in at most pattern length times name length
   * steps: only the last star is ever tried again, because what an earlier one could take, the last
   * one can take as well.
   */
  boolean test(String name) {
    if (literal) {
      return pattern.equals(name);
    }
    if (!name.startsWith(prefix)) {
      return false;
    }
    if (open) {
      return true;
    }
    int p = prefix.length();
    int n = p;
    int star = -1;
    int afterStar = 0;
    while (n < name.length()) {
      if (p < elements.length && elements[p].repeated()) {
        star = p++;
        afterStar = n;
      } else if (p < elements.length && elements[p].contains(name.charAt(n))) {
        p++;
        n++;
      } else if (star >= 0) {
        p = star + 1;
        n = ++afterStar;
      } else {
        return false;
      }
    }
    return onlyStarsFrom(p);
  }

  /**
   * Returns whether everything that {@code other} matches matches here too: this pattern is tried
   * on the other as on a name. May be false though it is so; never true though it is not.
   */
  boolean covers(Glob other) {
    int p = 0;
    int n = 0;
    int star = -1;
    int afterStar = 0;
    while (n < other.elements.length) {
      if (p < elements.length && elements[p].repeated()) {
        star = p++;
        afterStar = n;
      } else if (p < elements.length && elements[p].covers(other.elements[n])) {
        p++;
        n++;
      } else if (star >= 0) {
        p = star + 1;
        n = ++afterStar;
      } else {
        return false;
      }
    }
    return onlyStarsFrom(p);
  }

  private boolean onlyStarsFrom(int first) {
    int p = first;
    while (p < elements.length && elements[p].repeated()) {
      p++;
    }
    return p == elements.length;
  }

  /** Returns whether it has no wildcard, so that {@link #toString} is the one name that matches. */
  boolean isLiteral() {
    return literal;
  }

  @Override
  public String toString() {
    return pattern;
  }

  /** Reads a pattern, once, from left to right. */
  private static final class Parser {
    private final String pattern;
    private final GlobElement alphabet;
    private final String expected;
    private int next;

    Parser(String pattern, String alphabet, String expected) {
      this.pattern = pattern;
      this.alphabet = GlobElement.anyOf(alphabet);
      this.expected = expected;
    }

    GlobElement[] elements() {
      List<GlobElement> elements = new ArrayList<>();
      while (next < pattern.length()) {
        char c = pattern.charAt(next++);
        elements.add(
            switch (c) {
              case '*' -> GlobElement.RUN;
              case '?' -> GlobElement.ANY;
              case '[' -> characterClass();
              default -> GlobElement.of(requireKnown(c));
            });
      }
      return elements.toArray(GlobElement[]::new);
    }

    private GlobElement characterClass() {
      int end = pattern.indexOf(']', next);
      boolean negated = pattern.startsWith("!", next);
      int start = negated ? next + 1 : next;
      if (end <= start) { // not there, or nothing before it
        throw refused();
      }
      GlobElement listed = listed(pattern.substring(start, end));
      GlobElement all = negated ? listed.complement() : listed;
      if (!all.intersects(alphabet)) {
        throw refused();
      }
      next = end + 1;
      return all;
    }

    private GlobElement listed(String text) {
      GlobElement set = GlobElement.NONE;
      int i = 0;
      while (i < text.length()) {
        char from = requireKnown(text.charAt(i));
        boolean isDashInside = from == '-' && i > 0 && i < text.length() - 1;
        if (isDashInside) {
          throw refused();
        }
        if (i + 2 < text.length() && text.charAt(i + 1) == '-') {
          set = withRange(set, from, requireKnown(text.charAt(i + 2)));
          i += 3;
        } else {
          set = set.with(from);
          i++;
        }
      }
      return set;
    }

    private GlobElement withRange(GlobElement set, char from, char to) {
      if (from > to || kind(from) != kind(to)) {
        throw refused();
      }
      GlobElement wider = set;
      for (char c = from; c <= to; c++) {
        wider = wider.with(c);
      }
      return wider;
    }

    /** Ranges stay within one kind, so that {@code [A-z]} cannot mean more than it shows. */
    private int kind(char c) {
      if (c >= '0' && c <= '9') {
        return 1;
      }
      if (c >= 'a' && c <= 'z') {
        return 2;
      }
      if (c >= 'A' && c <= 'Z') {
        return 3;
      }
      throw refused();
    }

    private char requireKnown(char c) {
      if (c >= 128 || !alphabet.contains(c)) {
        throw refused();
      }
      return c;
    }

    private IllegalArgumentException refused() {
      return new IllegalArgumentException("pattern (expected: " + expected + ")");
    }
  }
}
