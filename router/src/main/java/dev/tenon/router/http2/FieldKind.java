package dev.tenon.router.http2;

/** What the rules of HTTP/2 say about a field by its name (RFC 9113, sections 8.2 and 8.3). */
enum FieldKind {
  METHOD(1),
  SCHEME(2),
  PATH(4),
  AUTHORITY(8),
  STATUS(0),
  UNKNOWN_PSEUDO(0),
  TE(0),
  CONTENT_LENGTH(0),
  /** Describes one connection of HTTP/1.1, and makes a message of HTTP/2 malformed. */
  CONNECTION(0),
  OTHER(0);

  /** The bits of the pseudo-headers that each request has. */
  static final int REQUEST = 1 | 2 | 4;

  private final int bit;

  FieldKind(int bit) {
    this.bit = bit;
  }

  /** Returns the bit of a pseudo-header of requests. */
  int bit() {
    return bit;
  }

  static FieldKind of(String name) {
    return switch (name) {
      case ":method" -> METHOD;
      case ":scheme" -> SCHEME;
      case ":path" -> PATH;
      case ":authority" -> AUTHORITY;
      case ":status" -> STATUS;
      case "te" -> TE;
      case "content-length" -> CONTENT_LENGTH;
      case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade" ->
          CONNECTION;
      default -> name.startsWith(":") ? UNKNOWN_PSEUDO : OTHER;
    };
  }
}
