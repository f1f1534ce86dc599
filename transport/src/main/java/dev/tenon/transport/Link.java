package dev.tenon.transport;

import io.grpc.Attributes;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * A connection with TLS whose peer is known and speaks HTTP/2 (ALPN {@code h2}), as bytes in clear.
 * To be used on its {@link #loop()} alone.
 *
 * <p>Nothing blocks, and nothing that a link is asked for calls its {@link Receiver} before it
 * returns. Once the link ends, what is put is dropped.
 */
public interface Link {
  /** Above so many waiting bytes a link is not {@linkplain #isWritable() writable}. */
  int HIGH_WATER_BYTES = 64 * 1024;

  /** Below so many it is again. */
  int LOW_WATER_BYTES = 32 * 1024;

  /**
   * Returns where to put what is to be sent: a direct, big-endian buffer with at least {@code room}
   * bytes remaining, which is written by moving its position. It is the same until the next {@link
   * #flush}, unless there is less room in it: then it is replaced by a larger one with the same
   * content.
   */
  ByteBuffer out(int room);

  /** Returns how many bytes were put since the last flush. */
  int unflushed();

  /** Writes what was put, in one write. Does nothing if nothing was. */
  void flush();

  /**
   * Returns whether there is room for more: not while more than {@link #HIGH_WATER_BYTES} wait for
   * the peer to read, and then until fewer than {@link #LOW_WATER_BYTES} do.
   */
  boolean isWritable();

  /** Returns how many bytes were flushed that the socket has not taken. */
  long pendingBytes();

  /**
   * Notes that HTTP/2 has begun: the client's preface has come, and nothing was said to it yet.
   * Before it, the client is in its handshake, for which it has 5 s; with it, filters are told, and
   * {@link #attributes()} is complete. From here the client has 5 s until {@link #agreed()}.
   * Idempotent; without effect for a connection that we made.
   */
  void begun();

  /**
   * Notes that the client has acknowledged our first SETTINGS (RFC 9113, section 6.5.3). Without
   * effect for a connection that we made.
   */
  void agreed();

  /**
   * Sends what was put, then ends our direction (close_notify of TLS, and FIN), drops what still
   * comes, and closes when the peer ends its direction, or after 250 ms. Idempotent.
   */
  void end();

  /** Closes at once. Idempotent. */
  void abort();

  /**
   * Has what the receiver leaves of what it is being brought come again in {@code time}, and not in
   * the next turn. For {@link Receiver#received} alone, which leaves something.
   */
  void hold(Duration time);

  /** Returns the loop that does all input and output of this link. */
  Loop loop();

  /**
   * Returns what is known of a connection that was accepted: {@link Source}, {@link Connection},
   * and once it has {@linkplain #begun() begun}, {@link Peer} and what filters added. Empty for a
   * connection that we made.
   */
  Attributes attributes();

  /** Who reads a link. Called on the link's loop; what it throws closes the link. */
  interface Receiver {
    /**
     * Takes {@code bytes}, which are gone after the call. What it leaves of them is brought again,
     * with what came behind it, when other links of the loop have had their turn; until all is
     * taken nothing more is read from the peer.
     */
    void received(ByteBuffer bytes);

    /** All that there was to read for now was received: it is time to flush answers. */
    void readComplete();

    /**
     * There is room again: {@link Link#isWritable()}, which was false after a flush, is true. That
     * it becomes false is seen after the flush alone.
     */
    void writabilityChanged();

    /** The connection is gone, whoever ended it. Called once; nothing is called after it. */
    void closed();

    /**
     * The connection is to end ({@link Connection#close}): says so to the peer, lets open streams
     * end, then calls {@link Link#end}. Without that the connection is closed after 250 ms.
     */
    void goodbye();

    /** Asks the peer for another connection ({@link Connection#retire}); what is open runs on. */
    void retire();
  }
}
