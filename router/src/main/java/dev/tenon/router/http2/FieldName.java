package dev.tenon.router.http2;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The name of header fields, and what is known of it for good. One object may serve many fields and
 * many connections. Immutable and thread-safe; the array is never changed.
 */
final class FieldName {
  private final byte[] bytes;
  private final int staticIndex;
  private final boolean wellFormed;
  private final FieldKind kind;
  private @Nullable String text;

  /** Makes a name; {@code staticIndex} is its first index in the static table, or 0. */
  FieldName(byte[] bytes, int staticIndex) {
    this.bytes = bytes;
    this.staticIndex = staticIndex;
    this.wellFormed = isWellFormed(bytes);
    this.kind = FieldKind.of(text());
  }

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return bytes.length;
  }

  int staticIndex() {
    return staticIndex;
  }

  boolean isPseudo() {
    return bytes.length > 0 && bytes[0] == ':';
  }

  boolean isWellFormed() {
    return wellFormed;
  }

  FieldKind kind() {
    return kind;
  }

  String text() {
    String known = text;
    if (known == null) {
      known = new String(bytes, ISO_8859_1);
      text = known;
    }
    return known;
  }

  boolean sameAs(FieldName other) {
    return this == other || Arrays.equals(bytes, other.bytes);
  }

  /*
   * RFC 9113, section 8.2.1, read strictly: a token of RFC 9110, section 5.6.2, without upper-case
   * letters; one colon may come before it (section 8.3).
   */
  private static boolean isWellFormed(byte[] name) {
    int from = name.length > 0 && name[0] == ':' ? 1 : 0;
    for (int i = from; i < name.length; i++) {
      if (!isLowerCaseTokenChar(name[i])) {
        return false;
      }
    }
    return name.length > from;
  }

  private static boolean isLowerCaseTokenChar(byte c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
  }
}
