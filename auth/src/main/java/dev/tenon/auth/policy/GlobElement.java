package dev.tenon.auth.policy;

/**
 * One element of a {@link Glob}: a set of characters, of which a name has one at this place or, if
 * {@code repeated}, any number. Immutable and thread-safe.
 *
 * @param low which of U+0000 to U+003F are in the set, a bit each
 * @param high which of U+0040 to U+007F are
 * @param others whether all beyond ASCII are, which no name has
 */
record GlobElement(long low, long high, boolean others, boolean repeated) {
  static final GlobElement ANY = new GlobElement(-1, -1, /* others= */ true, /* repeated= */ false);
  static final GlobElement RUN = new GlobElement(-1, -1, /* others= */ true, /* repeated= */ true);
  static final GlobElement NONE = new GlobElement(0, 0, /* others= */ false, /* repeated= */ false);

  private static final int HALF = 64;

  static GlobElement of(char c) {
    return NONE.with(c);
  }

  static GlobElement anyOf(String characters) {
    GlobElement set = NONE;
    for (int i = 0; i < characters.length(); i++) {
      set = set.with(characters.charAt(i));
    }
    return set;
  }

  /** Returns this set with {@code c}, which must be ASCII. */
  GlobElement with(char c) {
    return c < HALF
        ? new GlobElement(low | 1L << c, high, others, repeated)
        : new GlobElement(low, high | 1L << (c - HALF), others, repeated);
  }

  /** Returns the set of all that are not in this one. */
  GlobElement complement() {
    return new GlobElement(~low, ~high, !others, repeated);
  }

  boolean contains(char c) {
    if (c >= 2 * HALF) {
      return others;
    }
    long half = c < HALF ? low : high;
    return (half >>> c & 1) != 0; // a shift by a long takes c modulo 64
  }

  boolean intersects(GlobElement other) {
    return (low & other.low) != 0 || (high & other.high) != 0 || (others && other.others);
  }

  /** Returns whether all that {@code other} stands for in a name, this one can stand for. */
  boolean covers(GlobElement other) {
    return (repeated || !other.repeated)
        && (other.low & ~low) == 0
        && (other.high & ~high) == 0
        && (others || !other.others);
  }
}
