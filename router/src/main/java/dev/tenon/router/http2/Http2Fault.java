package dev.tenon.router.http2;

/**
 * A peer broke HTTP/2. Has no stack trace: peers cause it as often as they like, and where it was
 * found says nothing that its text does not.
 */
final class Http2Fault extends Exception {
  private static final long serialVersionUID = 1;

  private final ErrorCode code;
  private final int stream;
  private final String what;

  private Http2Fault(ErrorCode code, int stream, String what) {
    super(what, null, /* enableSuppression= */ false, /* writableStackTrace= */ false);
    this.code = code;
    this.stream = stream;
    this.what = what;
  }

  /** Makes the fault that ends a whole connection (RFC 9113, section 5.4.1). */
  static Http2Fault ofConnection(ErrorCode code, String what) {
    return new Http2Fault(code, 0, what);
  }

  /** Makes the fault that ends one stream (RFC 9113, section 5.4.2). */
  static Http2Fault ofStream(ErrorCode code, int stream, String what) {
    return new Http2Fault(code, stream, what);
  }

  /** Returns what was broken, in our words. */
  String what() {
    return what;
  }

  ErrorCode code() {
    return code;
  }

  /** Returns the stream that it ends; 0: the connection. */
  int stream() {
    return stream;
  }
}
