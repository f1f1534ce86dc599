package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import org.semver4j.Semver;

/**
 * A semantic version (Semantic Versioning 2.0.0) without build metadata, at most 64 bytes, ordered
 * by precedence: {@code 1.10.0} after {@code 1.9.0}, {@code 2.0.0-rc.1} before {@code 2.0.0}.
 */
public final class Version implements Comparable<Version> {
  /** Longest version, in bytes. */
  public static final int MAX_LENGTH = 64;

  private final Semver semver;

  /**
   * Parses a version.
   *
   * @throws IllegalArgumentException if {@code value} is not {@code n.n.n} or {@code n.n.n-pre}
   */
  public Version(String value) {
    requireNonNull(value, "value");
    Semver parsed =
        value.length() <= MAX_LENGTH
                && value.indexOf('+') < 0
                && Ascii.utf8Length(value) == value.length()
            ? Semver.parse(value)
            : null;
    if (parsed == null || !parsed.getVersion().equals(value)) {
      throw new IllegalArgumentException(
          "version: "
              + Ascii.quote(value)
              + " (expected: a semantic version such as 1.2.0 or 1.2.0-rc.1, at most 64 bytes, without"
              + " build metadata)");
    }
    semver = parsed;
  }

  Semver semver() {
    return semver;
  }

  @Override
  public int compareTo(Version other) {
    return semver.compareTo(other.semver);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Version version && semver.equals(version.semver);
  }

  @Override
  public int hashCode() {
    return semver.hashCode();
  }

  @Override
  public String toString() {
    return semver.getVersion();
  }
}
