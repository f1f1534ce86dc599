package dev.tenon.host.control;

import dev.tenon.core.InvalidRequestException;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.v1.ProtocolRange;

/** The versions of the contract that this host speaks: 1 alone. */
final class ProtocolVersion {
  /** The version of {@code tenon.v1}. */
  static final int CURRENT = 1;

  private ProtocolVersion() {}

  /**
   * Refuses a plugin that cannot speak {@link #CURRENT}.
   *
   * @throws InvalidRequestException if the range is no range
   * @throws UnsupportedException if there is no version in common
   */
  static void negotiate(ProtocolRange range) throws RefusedException {
    long min = Integer.toUnsignedLong(range.getMin());
    long max = Integer.toUnsignedLong(range.getMax());
    String offered = min + " to " + max;
    if (min == 0 || max < min) {
      throw new InvalidRequestException(
          "protocol: " + offered + " (expected: a range that starts at 1 or above; supported: 1)");
    }
    if (min > CURRENT) {
      throw new UnsupportedException("protocol: " + offered + " (supported: 1 to 1)");
    }
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
