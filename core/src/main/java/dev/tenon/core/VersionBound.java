package dev.tenon.core;

/** One side of a range: what a version's order relative to {@code version} has to be. */
record VersionBound(Order order, Version version) {
  /** On which side of the bound a version lies. */
  enum Order {
    AT_LEAST,
    ABOVE,
    AT_MOST,
    BELOW
  }

  boolean contains(Version candidate) {
    int side = candidate.compareTo(version);
    return switch (order) {
      case AT_LEAST -> side >= 0;
      case ABOVE -> side > 0;
      case AT_MOST -> side <= 0;
      case BELOW -> side < 0;
    };
  }

  /** Returns whether the bound names a pre-release of the release that {@code candidate} is of. */
  boolean admitsPreReleaseOf(Version candidate) {
    return version.isPreRelease() && version.isOfSameRelease(candidate);
  }
}
