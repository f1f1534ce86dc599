package dev.tenon.router.http2;

import static dev.tenon.router.http2.ErrorCode.PROTOCOL_ERROR;

import java.util.List;

/**
 * What makes a header list malformed (RFC 9113, sections 8.1 to 8.3). Stateless. Each fault ends
 * its stream.
 */
final class FieldRules {
  private static final long MAX_LENGTH_DIGITS = 18;

  private FieldRules() {}

  /**
   * Checks the head of a request.
   *
   * @return its content-length, or {@link Http2Stream#ANY_LENGTH}
   */
  static long requireRequest(int stream, List<HeaderField> fields) throws Http2Fault {
    int seen = 0;
    boolean isRegular = false;
    long length = Http2Stream.ANY_LENGTH;
    for (int i = 0; i < fields.size(); i++) {
      HeaderField field = fields.get(i);
      FieldKind kind = field.kind();
      if (!field.isWellFormed()) {
        throw malformed(stream, "field name or value");
      }
      switch (kind) {
        case METHOD, SCHEME, PATH, AUTHORITY -> {
          int bit = kind.bit();
          if (isRegular || (seen & bit) != 0 || (kind != FieldKind.AUTHORITY && isEmpty(field))) {
            throw malformed(stream, "pseudo-header repeated, empty, or behind other fields");
          }
          seen |= bit;
        }
        case STATUS, UNKNOWN_PSEUDO -> throw malformed(stream, "pseudo-header of no request");
        case OTHER -> isRegular = true;
        default -> {
          isRegular = true;
          length = regular(stream, kind, field, length);
        }
      }
    }
    if ((seen & FieldKind.REQUEST) != FieldKind.REQUEST) {
      throw malformed(stream, "pseudo-header missing"); // CONNECT, which may lack some, we have not
    }
    return length;
  }

  /** Checks the head of a response; returns whether it is an interim one. */
  static boolean requireResponse(int stream, List<HeaderField> fields) throws Http2Fault {
    boolean isRegular = false;
    HeaderField status = null;
    long length = Http2Stream.ANY_LENGTH;
    for (int i = 0; i < fields.size(); i++) {
      HeaderField field = fields.get(i);
      FieldKind kind = field.kind();
      if (!field.isWellFormed()) {
        throw malformed(stream, "field name or value");
      }
      switch (kind) {
        case STATUS -> {
          if (isRegular || status != null || field.valueLength() != 3) {
            throw malformed(stream, ":status repeated, malformed, or behind other fields");
          }
          status = field;
        }
        case METHOD, SCHEME, PATH, AUTHORITY, UNKNOWN_PSEUDO ->
            throw malformed(stream, "pseudo-header of no response");
        case OTHER -> isRegular = true;
        default -> {
          isRegular = true;
          length = regular(stream, kind, field, length);
        }
      }
    }
    if (status == null) {
      throw malformed(stream, ":status missing");
    }
    return status.valueAt(0) == '1';
  }

  /** Checks trailers, which have no pseudo-headers (section 8.1). */
  static void requireTrailers(int stream, List<HeaderField> fields) throws Http2Fault {
    for (int i = 0; i < fields.size(); i++) {
      HeaderField field = fields.get(i);
      FieldKind kind = field.kind();
      if (!field.isWellFormed() || field.isPseudo()) {
        throw malformed(stream, "trailers");
      }
      if (kind != FieldKind.OTHER) {
        long unused = regular(stream, kind, field, Http2Stream.ANY_LENGTH);
      }
    }
  }

  private static long regular(int stream, FieldKind kind, HeaderField field, long length)
      throws Http2Fault {
    switch (kind) {
      case CONNECTION -> throw malformed(stream, "field of the connection"); // section 8.2.2
      case TE -> {
        if (!field.value().equals("trailers")) {
          throw malformed(stream, "te of something else than trailers");
        }
        return length;
      }
      case CONTENT_LENGTH -> {
        long own = length(stream, field);
        if (length != Http2Stream.ANY_LENGTH && length != own) {
          throw malformed(stream, "content-length twice");
        }
        return own;
      }
      default -> {
        return length;
      }
    }
  }

  private static long length(int stream, HeaderField field) throws Http2Fault {
    int digits = field.valueLength();
    long length = 0;
    for (int i = 0; i < digits; i++) {
      int digit = field.valueAt(i) - '0';
      if (digit < 0 || digit > 9) {
        throw malformed(stream, "content-length");
      }
      length = 10 * length + digit;
    }
    if (digits == 0 || digits > MAX_LENGTH_DIGITS) {
      throw malformed(stream, "content-length");
    }
    return length;
  }

  private static boolean isEmpty(HeaderField field) {
    return field.valueLength() == 0;
  }

  private static Http2Fault malformed(int stream, String what) {
    return Http2Fault.ofStream(PROTOCOL_ERROR, stream, "malformed: " + what);
  }
}
