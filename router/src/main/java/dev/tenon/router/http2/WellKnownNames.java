package dev.tenon.router.http2;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The names that are met on nearly every connection: those of the static table, of gRPC and of
 * Tenon. A literal with such a name gets the one object of that name. Immutable and thread-safe.
 */
final class WellKnownNames {
  private static final String[] OTHERS = {
    "te",
    "grpc-timeout",
    "grpc-encoding",
    "grpc-accept-encoding",
    "grpc-status",
    "grpc-message",
    "grpc-status-details-bin",
    "grpc-previous-rpc-attempts",
    "grpc-retry-pushback-ms",
    "grpc-tags-bin",
    "grpc-trace-bin",
    "traceparent",
    "tracestate",
    "baggage",
    "tenon-callback",
    "tenon-caller",
    "tenon-grant",
    "tenon-granted",
    "tenon-on-behalf-of",
    "tenon-to",
  };

  /** At most a third of it is used, so that a probe that finds nothing is short. */
  private static final int SLOTS = 256;

  private static final @Nullable FieldName[] TABLE = new @Nullable FieldName[SLOTS];
  private static final int LONGEST;

  static {
    int longest = 0;
    for (int i = 1; i <= StaticTable.SIZE; i++) {
      longest = Math.max(longest, put(StaticTable.name(i)));
    }
    for (String other : OTHERS) {
      longest = Math.max(longest, put(new FieldName(other.getBytes(ISO_8859_1), 0)));
    }
    LONGEST = longest;
  }

  private WellKnownNames() {}

  private static int put(FieldName name) {
    TABLE[slot(name.bytes(), name.length())] = name;
    return name.length();
  }

  /** Returns the name in the first {@code length} bytes of {@code text}, which it copies. */
  static FieldName of(byte[] text, int length) {
    if (length <= LONGEST) {
      FieldName known = TABLE[slot(text, length)];
      if (known != null) {
        return known;
      }
    }
    return new FieldName(Arrays.copyOf(text, length), 0);
  }

  /** Returns where the name is, or where it would be put. */
  private static int slot(byte[] text, int length) {
    int hash = length;
    for (int i = 0; i < length; i++) {
      hash = 31 * hash + text[i];
    }
    int slot = (hash ^ hash >>> 8) & SLOTS - 1;
    while (true) {
      FieldName there = TABLE[slot];
      if (there == null || Arrays.equals(there.bytes(), 0, there.length(), text, 0, length)) {
        return slot;
      }
      slot = slot + 1 & SLOTS - 1;
    }
  }
}
