package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.util.ReferenceCountUtil;

/**
 * Tells that a peer has said something, once, and is gone: what was said is then read by whoever
 * the one that was told has put into the pipeline. For one event loop.
 */
final class FirstWord extends ChannelInboundHandlerAdapter {
  private final Runnable said;

  FirstWord(Runnable said) {
    this.said = requireNonNull(said, "said");
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ChannelPipeline pipeline = context.pipeline();
    pipeline.remove(this);
    said.run();
    if (pipeline.channel().isOpen()) {
      pipeline.fireChannelRead(message);
    } else {
      ReferenceCountUtil.release(message);
    }
  }
}
