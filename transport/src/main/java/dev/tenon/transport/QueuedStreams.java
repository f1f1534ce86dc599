package dev.tenon.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Stream;

/**
 * Sees to it that a call which waited for a stream is sent once there is one. For one event loop.
 *
 * <p>A client with as many streams as its server takes keeps further calls; when a stream ends, the
 * codec writes the next call's headers into its buffer. If the peer ended the stream, what was read
 * is followed by a flush. If it ended here, by a cancellation whose RST_STREAM was just flushed,
 * nothing is, and the call would wait until something else is written on the connection.
 */
final class QueuedStreams extends Http2ConnectionAdapter {
  private final Channel channel;
  private final Http2ConnectionHandler http2;
  private boolean flushing;

  private QueuedStreams(Channel channel, Http2ConnectionHandler http2) {
    this.channel = channel;
    this.http2 = http2;
  }

  /** Watches the connection of {@code http2}, whose codec has put its own listener there before. */
  static void on(Channel channel, Http2ConnectionHandler http2) {
    http2.connection().addListener(new QueuedStreams(channel, http2));
  }

  @Override
  public void onStreamClosed(Http2Stream stream) {
    boolean isTaken = !http2.connection().local().canOpenStream();
    if (isTaken && !flushing) {
      flushing = true;
      channel.eventLoop().execute(this::flush);
    }
  }

  private void flush() {
    flushing = false;
    ChannelHandlerContext context = channel.pipeline().context(http2);
    if (context != null) {
      http2.flush(context);
    }
  }
}
