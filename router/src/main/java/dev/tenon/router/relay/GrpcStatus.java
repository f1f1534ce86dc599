package dev.tenon.router.relay;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.router.http2.HeaderField;
import dev.tenon.router.http2.HeaderField.Indexing;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/** A gRPC status as header fields (gRPC over HTTP/2, Responses). Stateless. */
final class GrpcStatus {
  static final String STATUS = "grpc-status";
  static final String MESSAGE = "grpc-message";

  /** Longest message that passes, in UTF-16 units. */
  static final int MAX_MESSAGE_CHARS = 1024;

  private static final HeaderField[] CODES = new HeaderField[Status.Code.values().length];

  static {
    for (Status.Code code : Status.Code.values()) {
      CODES[code.value()] =
          HeaderField.of(STATUS, Integer.toString(code.value()), Indexing.INDEXED);
    }
  }

  private GrpcStatus() {}

  /** Returns the field with the number of {@code code}. */
  static HeaderField code(Status.Code code) {
    return CODES[code.value()];
  }

  /** Reads a status number; what is none of gRPC's is UNKNOWN. */
  static Status.Code code(HeaderField field) {
    int length = field.valueLength();
    int value = -1;
    if (length == 1 || (length == 2 && field.valueAt(0) == '1')) {
      value = 0;
      for (int i = 0; i < length; i++) {
        int digit = field.valueAt(i) - '0';
        if (digit < 0 || digit > 9) {
          return Status.Code.UNKNOWN;
        }
        value = 10 * value + digit;
      }
    }
    return value >= 0 && value < CODES.length
        ? Status.fromCodeValue(value).getCode()
        : Status.Code.UNKNOWN;
  }

  /** Returns the field with {@code message}, made short and plain; null if there is none. */
  static @Nullable HeaderField message(@Nullable String message) {
    return message == null || message.isEmpty()
        ? null
        : HeaderField.of(MESSAGE, encoded(bounded(message)), Indexing.PLAIN);
  }

  /** Decodes the percent-encoding of a message; what is wrong in it stays as it is. */
  static String decoded(String encoded) {
    if (encoded.indexOf('%') < 0) {
      return encoded;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(encoded.length());
    for (int i = 0; i < encoded.length(); i++) {
      char c = encoded.charAt(i);
      if (c == '%' && i + 2 < encoded.length()) {
        int high = Character.digit(encoded.charAt(i + 1), 16);
        int low = Character.digit(encoded.charAt(i + 2), 16);
        if (high >= 0 && low >= 0) {
          bytes.write(high << 4 | low);
          i += 2;
          continue;
        }
      }
      bytes.write(c);
    }
    return bytes.toString(UTF_8);
  }

  private static String encoded(String message) {
    byte[] bytes = message.getBytes(UTF_8);
    ByteArrayOutputStream encoded = new ByteArrayOutputStream(bytes.length + 16);
    for (byte b : bytes) {
      if (b >= ' ' && b < 0x7F && b != '%') {
        encoded.write(b);
      } else {
        encoded.write('%');
        encoded.write(Character.toUpperCase(Character.forDigit(b >> 4 & 0xF, 16)));
        encoded.write(Character.toUpperCase(Character.forDigit(b & 0xF, 16)));
      }
    }
    return encoded.toString(US_ASCII);
  }

  /** Cuts a message to what passes, and replaces controls that are for terminals. */
  static String bounded(String message) {
    int length = Math.min(message.length(), MAX_MESSAGE_CHARS);
    if (length < message.length() && Character.isHighSurrogate(message.charAt(length - 1))) {
      length--;
    }
    StringBuilder bounded = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      char c = message.charAt(i);
      bounded.append(isPlain(c) ? c : '?');
    }
    return bounded.toString();
  }

  /** Tabs and line ends are text, which gRPC carries; other controls are for terminals. */
  private static boolean isPlain(char c) {
    return c == '\t'
        || c == '\n'
        || c == '\r'
        || !(Character.isISOControl(c) || c == '\u2028' || c == '\u2029');
  }
}
