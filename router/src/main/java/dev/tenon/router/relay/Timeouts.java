package dev.tenon.router.relay;

import dev.tenon.router.http2.HeaderField;
import dev.tenon.router.http2.HeaderField.Indexing;
import java.util.concurrent.TimeUnit;

/** The value of {@code grpc-timeout}: at most 8 digits and a unit (gRPC over HTTP/2, Requests). */
final class Timeouts {
  /** Returned for what is no timeout. */
  static final long MALFORMED = -1;

  /** A field whose name is that of all. */
  private static final HeaderField FIELD = HeaderField.of("grpc-timeout", "", Indexing.PLAIN);

  private static final int MAX_DIGITS = 8;
  private static final long MOST = 99_999_999;

  /** A longer time is like this one, so that a deadline is no number that has gone round. */
  static final long LONGEST_NANOS = TimeUnit.DAYS.toNanos(36_500);

  private Timeouts() {}

  /** Returns the nanoseconds that {@code field} says, or {@link #MALFORMED}. */
  static long nanos(HeaderField field) {
    int digits = field.valueLength() - 1;
    if (digits < 1 || digits > MAX_DIGITS) {
      return MALFORMED;
    }
    long value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = field.valueAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return MALFORMED;
      }
      value = 10 * value + digit;
    }
    return switch (field.valueAt(digits)) {
      case 'n' -> value;
      case 'u' -> TimeUnit.MICROSECONDS.toNanos(value);
      case 'm' -> TimeUnit.MILLISECONDS.toNanos(value);
      case 'S' -> TimeUnit.SECONDS.toNanos(value);
      case 'M' -> atMost(TimeUnit.MINUTES.toNanos(value));
      case 'H' -> atMost(TimeUnit.HOURS.toNanos(value));
      default -> MALFORMED;
    };
  }

  private static long atMost(long nanos) {
    return Math.min(nanos, LONGEST_NANOS);
  }

  /**
   * Returns the field that says {@code nanos}, rounded down; not indexed, for it hardly repeats.
   */
  static HeaderField field(long nanos) {
    long left = Math.max(0, nanos);
    if (left <= MOST) {
      return field(left, 'n');
    }
    if (left / 1_000 <= MOST) {
      return field(left / 1_000, 'u');
    }
    if (left / 1_000_000 <= MOST) {
      return field(left / 1_000_000, 'm');
    }
    if (left / 1_000_000_000 <= MOST) {
      return field(left / 1_000_000_000, 'S');
    }
    return field(Math.min(MOST, TimeUnit.NANOSECONDS.toMinutes(left)), 'M');
  }

  /** Digit by digit, since it is done for each call. */
  private static HeaderField field(long value, char unit) {
    byte[] text = new byte[MAX_DIGITS + 1];
    int at = MAX_DIGITS;
    text[at] = (byte) unit;
    int left = (int) value;
    do {
      text[--at] = (byte) ('0' + left % 10);
      left /= 10;
    } while (left > 0);
    return FIELD.with(text, at);
  }
}
