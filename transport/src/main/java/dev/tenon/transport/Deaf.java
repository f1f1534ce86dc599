package dev.tenon.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;

/**
 * Reads on, for the peer's end, and passes nothing on: all is said and done.
 *
 * <p>The end is first that of our direction. A socket that is closed whole answers what the peer
 * still writes with a reset, and the peer may lose what it has not read: a client that is told of
 * one call cancels its own side of it, and would not learn how the others ended.
 */
final class Deaf extends ChannelInboundHandlerAdapter {
  private Deaf() {}

  /**
   * Ends our direction of {@code channel}, behind what was written; the peer's end closes it. On
   * its event loop. Returns false if it has no directions that end by themselves.
   */
  static boolean end(Channel channel) {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls == null || !(channel instanceof DuplexChannel duplex)) {
      return false;
    }
    channel.pipeline().addFirst(new Deaf());
    ChannelFuture unused =
        tls.closeOutbound()
            .addListener(
                said -> {
                  ChannelFuture unusedEnd = duplex.shutdownOutput();
                });
    return true;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ReferenceCountUtil.release(message);
  }
}
