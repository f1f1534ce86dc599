package dev.tenon.host.control;

import dev.tenon.core.InvalidRequestException;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.v1.ProtocolRange;

/**
 * The versions of the contract that a host speaks, {@code min} to {@code max}. With a plugin it
 * speaks the highest that both know, so that either side can be updated first.
 */
public record ProtocolVersions(int min, int max) {
  /** What this release speaks: version 1, {@code tenon.v1}, alone. */
  public static final ProtocolVersions CURRENT = new ProtocolVersions(1, 1);

  /** Checks that it is a range. */
  public ProtocolVersions {
    if (min < 1 || max < min) {
      throw new IllegalArgumentException(
          "protocol versions: " + min + " to " + max + " (expected: a range from 1 or above)");
    }
  }

  /**
   * Returns the highest version that is in {@code offered} too.
   *
   * @throws InvalidRequestException if that is no range
   * @throws UnsupportedException if there is no version in common
   */
  int negotiate(ProtocolRange offered) throws RefusedException {
    long lowest = Integer.toUnsignedLong(offered.getMin());
    long highest = Integer.toUnsignedLong(offered.getMax());
    String text = lowest + " to " + highest;
    if (lowest == 0 || highest < lowest) {
      throw new InvalidRequestException(
          "protocol: "
              + text
              + " (expected: a range that starts at 1 or above; supported: "
              + this
              + ")");
    }
    if (lowest > max || highest < min) {
      throw new UnsupportedException("protocol: " + text + " (supported: " + this + ")");
    }
    return (int) Math.min(highest, max);
  }

  @Override
  public String toString() {
    return min + " to " + max;
  }

  /** No protocol version in common; the peer is told the supported range. */
  static final class UnsupportedException extends RefusedException {
    private static final long serialVersionUID = 1;

    UnsupportedException(String message) {
      super(Refusal.PROTOCOL_UNSUPPORTED, message);
    }

    @Override
    public String publicText() {
      return String.valueOf(getMessage());
    }
  }
}
