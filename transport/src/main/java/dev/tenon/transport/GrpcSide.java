package dev.tenon.transport;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The side of grpc-java's server. Its own ways to end a connection wait for its streams, or end all
 * connections of a server.
 */
final class GrpcSide implements Http2Side {
  private final Channel channel;
  private @Nullable Http2Guard guard;
  private boolean silent;

  GrpcSide(Channel channel) {
    this.channel = channel;
  }

  /** Puts guards before {@code http2}, which is in place by now; before anything was read. */
  void speaks(Http2ConnectionHandler http2) {
    SettingsLimit.on(http2);
    guard = Http2Guard.on(http2);
  }

  @Override
  public boolean isAgreed() {
    return guard != null && guard.isAgreed();
  }

  @Override
  public boolean sayGoodbye() {
    ChannelHandlerContext context = channel.pipeline().context(Http2ConnectionHandler.class);
    if (context == null) {
      return false;
    }
    Http2Connection connection = http2(context).connection();
    goAway(context, connection.remote().lastStreamCreated());
    connection.addListener(
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

  private static Http2ConnectionHandler http2(ChannelHandlerContext context) {
    return (Http2ConnectionHandler) context.handler();
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
          http2(context)
              .connection()
              .forEachActiveStream(stream -> !stream.state().localSideOpen());
      if (speaking != null) {
        return;
      }
    } catch (Http2Exception e) {
      throw new IllegalStateException(e); // its visitor throws none
    }
    silent = true;
    http2(context).flush(context);
    if (!Deaf.end(channel)) {
      // Not through the HTTP/2 handler, which would wait for the peer to end its streams.
      ChannelFuture unused = context.close();
    }
  }

  @Override
  public void retire() {
    ChannelHandlerContext context = channel.pipeline().context(Http2ConnectionHandler.class);
    if (context != null && !http2(context).connection().goAwaySent()) {
      goAway(context, Integer.MAX_VALUE);
    }
  }

  private void goAway(ChannelHandlerContext context, int last) {
    Http2ConnectionHandler http2 = http2(context);
    ChannelFuture unused =
        http2.goAway(
            context, last, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, context.newPromise());
    http2.flush(context);
  }
}
