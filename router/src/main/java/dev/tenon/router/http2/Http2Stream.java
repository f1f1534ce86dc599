package dev.tenon.router.http2;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One stream of a connection (RFC 9113, section 5). For the loop of its connection alone. */
public final class Http2Stream {
  /** No content-length was given. */
  static final long ANY_LENGTH = -1;

  private final Http2Connection connection;
  private final int id;

  @Nullable StreamHandler handler;

  // Our direction: what the peer lets us send, and what waits for that.
  long sendWindow;
  final ByteQueue queue = new ByteQueue();
  boolean endQueued;
  @Nullable List<HeaderField> trailersQueued;
  boolean isScheduled;
  boolean localEnded;
  int owed; // What the peer has to take until it is looked at again, see StallCheck.

  // The peer's direction.
  int receiveWindow;
  int unreturned;
  boolean isWide;
  boolean remoteEnded;
  boolean headersSeen;
  long lengthLeft = ANY_LENGTH;

  Http2Stream(Http2Connection connection, int id, int sendWindow, int receiveWindow) {
    this.connection = connection;
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }

  /** Returns the number of the stream. */
  public int id() {
    return id;
  }

  /** Returns whether we may still write. */
  public boolean isWritable() {
    return !localEnded && !endQueued && trailersQueued == null;
  }

  /** Returns how many bytes wait for the peer or for the socket. */
  public int queued() {
    return queue.size();
  }

  /** Writes a header block now; with {@code ends} the last thing, behind what waits. */
  public void headers(List<HeaderField> fields, boolean ends) {
    connection.writeHeaders(this, fields, ends);
  }

  /**
   * Writes content, or keeps what there is no room for.
   *
   * @return how many bytes were written now; of the others {@link StreamHandler#sent} tells
   */
  public int data(ByteBuffer part, boolean ends) {
    return connection.writeData(this, part, ends);
  }

  /** Lets the peer send {@code bytes} more. */
  public void consumed(int bytes) {
    connection.consumed(this, bytes);
  }

  /** Ends the stream at once, in both directions. Its handler is not told. Idempotent. */
  public void reset(ErrorCode code) {
    connection.resetByUs(this, code);
  }
}
