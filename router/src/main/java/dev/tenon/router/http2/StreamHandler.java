package dev.tenon.router.http2;

import java.nio.ByteBuffer;
import java.util.List;

/** Who has one stream's events; called on the loop of its connection. */
public interface StreamHandler {
  /**
   * A header block came after the one that began the stream: of a response or of trailers. The list
   * is the connection's own and changes after the call.
   */
  void headers(List<HeaderField> fields, boolean ends);

  /**
   * As {@link #headers}, but more than we take; what came of the block is dropped. Not called of a
   * request.
   */
  default void headersTooLong() {}

  /**
   * Content came, valid during the call alone. What was taken of it is to be given back with {@link
   * Http2Stream#consumed} once there is room for more.
   */
  void data(ByteBuffer part, boolean ends);

  /** So many bytes that had to wait were written. */
  void sent(int bytes);

  /**
   * Returns whether the peer may have more under way from now on: whatever is passed on slower than
   * it comes is kept.
   */
  default boolean widens() {
    return false;
  }

  /** The stream is over before its end; nothing can be written any more, and nothing comes. */
  void ended(End why);

  /** Why a stream is over before its end. */
  enum End {
    /** The peer does not want it any more: CANCEL or NO_ERROR. */
    CANCELLED,
    /** The peer has done nothing of it (RFC 9113, section 8.7). */
    REFUSED,
    /** The peer ended it with another code. */
    FAILED,
    /** The peer broke HTTP/2 on it, or left what waits for it, and was told. */
    BROKEN,
    /** The connection is gone. */
    LOST
  }
}
