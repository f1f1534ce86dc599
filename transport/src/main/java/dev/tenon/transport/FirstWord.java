package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** Tells that a peer has said something, once, and is gone. For one event loop. */
final class FirstWord extends ChannelInboundHandlerAdapter {
  private final Runnable said;

  FirstWord(Runnable said) {
    this.said = requireNonNull(said, "said");
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    said.run();
    context.pipeline().remove(this);
    context.fireChannelRead(message);
  }
}
