package dev.tenon.transport;

/**
 * Our side of HTTP/2 on an accepted connection, as far as its end asks for it. For the connection's
 * event loop.
 */
interface Http2Side {
  /** Returns whether the client has acknowledged our SETTINGS. */
  boolean isAgreed();

  /**
   * Says that the connection ends, lets what ends right now end in order, and then ends our
   * direction. Returns false if HTTP/2 is not there (yet, or any more) to say it.
   */
  boolean sayGoodbye();

  /** Asks the client for another connection; what is open runs on. */
  void retire();
}
