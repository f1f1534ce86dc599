package dev.tenon.router.http2;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;

/** The static table of RFC 7541, appendix A. Indices start at 1. */
final class StaticTable {
  /** The highest index. */
  static final int SIZE = 61;

  private static final String[] TEXTS = {
    ":authority", "",
    ":method", "GET",
    ":method", "POST",
    ":path", "/",
    ":path", "/index.html",
    ":scheme", "http",
    ":scheme", "https",
    ":status", "200",
    ":status", "204",
    ":status", "206",
    ":status", "304",
    ":status", "400",
    ":status", "404",
    ":status", "500",
    "accept-charset", "",
    "accept-encoding", "gzip, deflate",
    "accept-language", "",
    "accept-ranges", "",
    "accept", "",
    "access-control-allow-origin", "",
    "age", "",
    "allow", "",
    "authorization", "",
    "cache-control", "",
    "content-disposition", "",
    "content-encoding", "",
    "content-language", "",
    "content-length", "",
    "content-location", "",
    "content-range", "",
    "content-type", "",
    "cookie", "",
    "date", "",
    "etag", "",
    "expect", "",
    "expires", "",
    "from", "",
    "host", "",
    "if-match", "",
    "if-modified-since", "",
    "if-none-match", "",
    "if-range", "",
    "if-unmodified-since", "",
    "last-modified", "",
    "link", "",
    "location", "",
    "max-forwards", "",
    "proxy-authenticate", "",
    "proxy-authorization", "",
    "range", "",
    "referer", "",
    "refresh", "",
    "retry-after", "",
    "server", "",
    "set-cookie", "",
    "strict-transport-security", "",
    "transfer-encoding", "",
    "user-agent", "",
    "vary", "",
    "via", "",
    "www-authenticate", "",
  };

  private static final FieldName[] NAMES = new FieldName[SIZE + 1];
  private static final byte[][] VALUES = new byte[SIZE + 1][];

  static {
    NAMES[0] = new FieldName(new byte[0], 0);
    VALUES[0] = new byte[0];
    for (int i = 1; i <= SIZE; i++) {
      byte[] name = TEXTS[2 * i - 2].getBytes(ISO_8859_1);
      FieldName before = NAMES[i - 1];
      NAMES[i] = Arrays.equals(before.bytes(), name) ? before : new FieldName(name, i);
      VALUES[i] = TEXTS[2 * i - 1].getBytes(ISO_8859_1);
    }
  }

  private StaticTable() {}

  /** Returns the name at {@code index}, from 1 to {@link #SIZE}. */
  static FieldName name(int index) {
    return NAMES[index];
  }

  /** Returns the value at {@code index}, from 1 to {@link #SIZE}; not to be changed. */
  static byte[] value(int index) {
    return VALUES[index];
  }

  /** Returns where the table has this name with this value, or 0. */
  static int indexOf(FieldName name, byte[] value) {
    int first = name.staticIndex();
    if (first == 0) {
      return 0;
    }
    for (int i = first; i <= SIZE && NAMES[i] == NAMES[first]; i++) {
      if (Arrays.equals(VALUES[i], value)) {
        return i;
      }
    }
    return 0;
  }
}
