package dev.tenon.transport;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.concurrent.RejectedExecutionException;

/**
 * The side of grpc-java's server. Its own ways to end a connection wait for its streams, or end all
 * connections of a server.
 */
final class GrpcSide implements Http2Side {
  private final Channel channel;
  private final Http2ConnectionHandler http2;
  private final Http2Guard guard;
  private boolean silent;

  private GrpcSide(Channel channel, Http2ConnectionHandler http2, Http2Guard guard) {
    this.channel = channel;
    this.http2 = http2;
    this.guard = guard;
  }

  /** Puts the guards of an accepted connection before {@code http2}; before anything was read. */
  static GrpcSide on(Channel channel, Http2ConnectionHandler http2) {
    SettingsLimit.on(http2);
    return new GrpcSide(channel, http2, Http2Guard.on(http2));
  }

  @Override
  public boolean isAgreed() {
    return guard.isAgreed();
  }

  @Override
  public boolean sayGoodbye() {
    ChannelHandlerContext context = channel.pipeline().context(http2);
    if (context == null) {
      return false;
    }
    goAway(context, http2.connection().remote().lastStreamCreated());
    http2
        .connection()
        .addListener(
            new Http2ConnectionAdapter() {
              @Override
              public void onStreamHalfClosed(Http2Stream stream) {
                later(() -> endIfSilent(context));
              }

              @Override
              public void onStreamClosed(Http2Stream stream) {
                later(() -> endIfSilent(context));
              }
            });
    endIfSilent(context);
    return true;
  }

  private void later(Runnable task) {
    try {
      channel.eventLoop().execute(task);
    } catch (RejectedExecutionException e) {
      // The event loops have ended, and all connections with them.
    }
  }

  /** Ends our side of the connection if no stream has anything more to say from it. */
  private void endIfSilent(ChannelHandlerContext context) {
    if (silent) {
      return;
    }
    try {
      Http2Stream speaking =
          http2.connection().forEachActiveStream(stream -> !stream.state().localSideOpen());
      if (speaking != null) {
        return;
      }
    } catch (Http2Exception e) {
      throw new IllegalStateException(e); // its visitor throws none
    }
    silent = true;
    http2.flush(context);
    if (!Deaf.end(channel)) {
      // Not through the HTTP/2 handler, which would wait for the peer to end its streams.
      ChannelFuture unused = context.close();
    }
  }

  @Override
  public void retire() {
    ChannelHandlerContext context = channel.pipeline().context(http2);
    if (context != null && !http2.connection().goAwaySent()) {
      goAway(context, Integer.MAX_VALUE);
    }
  }

  private void goAway(ChannelHandlerContext context, int last) {
    ChannelFuture unused =
        http2.goAway(
            context, last, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, context.newPromise());
    http2.flush(context);
  }
}
