package dev.tenon.transport;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.util.Optional;

/**
 * Ends a connection to a Unix socket on which another user than expected listens, before a byte of
 * it is read or written. The first of its channel's handlers, in place before it is connected.
 */
final class ServerUser extends ChannelInboundHandlerAdapter {
  private static final RareLog LOG = RareLog.of(ServerUser.class);

  private final int uid;

  ServerUser(int uid) {
    this.uid = uid;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) throws IOException {
    Optional<PeerProcess> server = UidCheck.processOf(ctx.channel());
    if (server.isPresent() && server.get().uid() != uid) {
      LOG.warn("left a server of another user: " + server.get() + " (expected: uid " + uid + ")");
      ChannelFuture unused = ctx.close();
      return;
    }
    ctx.fireChannelActive();
  }
}
