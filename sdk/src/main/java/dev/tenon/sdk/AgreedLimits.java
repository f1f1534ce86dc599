package dev.tenon.sdk;

import dev.tenon.v1.Limits;
import java.util.OptionalInt;

/** The limits that host and plugin both keep, as the host chose them. */
record AgreedLimits(int maxMessageBytes, int maxMetadataBytes) {
  /** A host that allows less than this allows no real call. */
  static final int MIN_BYTES = 1024;

  /** The largest message that a plugin lets a host send it; gRPC keeps each in memory. */
  static final int MAX_MESSAGE_BYTES = 1 << 30;

  /** The largest header list that a plugin lets a host send it. */
  static final int MAX_METADATA_BYTES = 1 << 20;

  /**
   * Returns the limits in the host's answer. A host that does not know of {@code asked}, the
   * longest message that the plugin asked for, answers with its own; the plugin keeps to the
   * smaller one.
   *
   * @throws BadAnswerException if one is out of range
   */
  static AgreedLimits of(Limits limits, OptionalInt asked) throws BadAnswerException {
    int most = check("limits.max_message_bytes", limits.getMaxMessageBytes(), MAX_MESSAGE_BYTES);
    return new AgreedLimits(
        Math.min(most, asked.orElse(most)),
        check("limits.max_metadata_bytes", limits.getMaxMetadataBytes(), MAX_METADATA_BYTES));
  }

  private static int check(String field, int bytes, int max) throws BadAnswerException {
    if (bytes < MIN_BYTES || bytes > max) {
      throw new BadAnswerException(
          field, Integer.toUnsignedString(bytes), MIN_BYTES + " to " + max);
    }
    return bytes;
  }
}
