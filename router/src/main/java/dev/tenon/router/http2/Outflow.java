package dev.tenon.router.http2;

import static dev.tenon.router.http2.ErrorCode.FLOW_CONTROL_ERROR;
import static dev.tenon.router.http2.FrameType.MAX_PAYLOAD;

import dev.tenon.transport.Link;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What we send of DATA, within the peer's windows (RFC 9113, section 5.2) and as fast as the socket
 * takes it. For one loop.
 */
final class Outflow {
  /** From so many bytes on that are put and not flushed, they are flushed at once. */
  static final int FLUSH_BYTES = 64 * 1024;

  /**
   * A frame with fewer, where more waits, is what a peer asked for that opens its window byte by
   * byte (CVE-2019-9511): it does not pay for the WINDOW_UPDATE.
   */
  private static final int LEAST_USEFUL_BYTES = 512;

  /*
   * A stream has bytes in its queue for one of three reasons: its own window is used up, the
   * connection's is, or the socket is full. For the last two it is in `turns`, each stream once, and
   * sends a frame when its turn comes; for the first it waits for the peer's WINDOW_UPDATE. A full
   * socket is a window of zero: nothing stops reading because of it.
   */
  private final Link link;
  private final FrameWriter frames;
  private final FloodLimits floods;
  private final ArrayDeque<Http2Stream> turns = new ArrayDeque<>();
  private long window = Settings.DEFAULT_WINDOW;

  Outflow(Link link, FrameWriter frames, FloodLimits floods) {
    this.link = link;
    this.frames = frames;
    this.floods = floods;
  }

  /** Writes what there is room for now, and keeps the rest; returns how much was written. */
  int write(Http2Stream stream, ByteBuffer part, boolean ends) {
    int written = 0;
    if (stream.queue.size() == 0) {
      int whole = part.remaining();
      int room;
      while ((room = Math.min(room(stream), whole - written)) > 0) {
        int limit = part.limit();
        part.limit(part.position() + room);
        take(stream, room);
        written += room;
        floods.useful();
        frames.data(stream.id(), part, ends && written == whole);
        part.limit(limit);
      }
      if (written == whole) {
        if (whole == 0 && ends) {
          frames.data(stream.id(), part, /* ends= */ true); // Without content it needs no window.
        }
        stream.localEnded |= ends;
        return written;
      }
    }
    stream.queue.put(part);
    stream.endQueued |= ends;
    schedule(stream);
    return written;
  }

  /** Returns how many bytes of {@code stream} may go in one frame now. */
  private int room(Http2Stream stream) {
    if (link.unflushed() >= FLUSH_BYTES) {
      link.flush();
    }
    return link.isWritable() ? (int) Math.min(MAX_PAYLOAD, Math.min(window, stream.sendWindow)) : 0;
  }

  private void take(Http2Stream stream, int bytes) {
    window -= bytes;
    stream.sendWindow -= bytes;
    stream.owed = Math.max(0, stream.owed - bytes);
  }

  private void schedule(Http2Stream stream) {
    if (!stream.isScheduled && stream.sendWindow > 0) {
      stream.isScheduled = true;
      turns.add(stream);
    }
  }

  /** The streams whose turn it is send what waits, a frame each in turn, while there is room. */
  void pump(Http2Connection connection) {
    while (!turns.isEmpty()) {
      Http2Stream stream = turns.element();
      int length = Math.min(room(stream), stream.queue.size());
      if (length <= 0 && (stream.sendWindow > 0 && stream.queue.size() > 0)) {
        return; // The connection's window is used up, or the socket is full.
      }
      turns.remove();
      stream.isScheduled = false;
      if (length > 0) {
        boolean last = length == stream.queue.size();
        take(stream, length);
        if (last || length >= LEAST_USEFUL_BYTES) {
          floods.useful();
        }
        frames.data(stream.id(), stream.queue, length, last && stream.endQueued);
        if (!last) {
          schedule(stream);
        }
        connection.sentQueued(stream, length, last);
      }
    }
  }

  /** The stream has ended: what waits goes nowhere. */
  void drop(Http2Stream stream) {
    stream.queue.clear();
    if (stream.isScheduled) {
      stream.isScheduled = false;
      turns.remove(stream);
    }
  }

  /** The peer lets us send {@code increment} more on {@code stream}; null: on the connection. */
  void increase(@Nullable Http2Stream stream, int increment) throws Http2Fault {
    if (stream == null) {
      window = checked(window + increment, 0);
    } else {
      stream.sendWindow = checked(stream.sendWindow + increment, stream.id());
      if (stream.queue.size() > 0) {
        schedule(stream);
      }
    }
  }

  /** The peer has changed the window that streams begin with, which changes all (section 6.9.2). */
  void changeInitial(List<Http2Stream> streams, long difference) throws Http2Fault {
    for (Http2Stream stream : streams) {
      stream.sendWindow = checked(stream.sendWindow + difference, 0);
      if (stream.queue.size() > 0) {
        schedule(stream);
      }
    }
  }

  private static long checked(long window, int stream) throws Http2Fault {
    if (window > Integer.MAX_VALUE) {
      String what = "window above 2^31-1"; // section 6.9.1
      throw stream == 0
          ? Http2Fault.ofConnection(FLOW_CONTROL_ERROR, what)
          : Http2Fault.ofStream(FLOW_CONTROL_ERROR, stream, what);
    }
    return window;
  }
}
