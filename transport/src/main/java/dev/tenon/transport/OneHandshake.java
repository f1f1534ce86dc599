package dev.tenon.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;

/**
 * Ends a connection whose peer begins a second handshake (RFC 9113, section 9.2.1), which TLS 1.2
 * allows and the JDK answers: the peer would keep us at work, and could come out as another. For
 * one event loop, before the handler of TLS.
 *
 * <p>It reads the headers of records (RFC 5246, section 6.2.1), which are in clear. After a peer's
 * ChangeCipherSpec comes one record of its handshake, Finished; in TLS 1.3 at most one, the second
 * ClientHello or the ServerHello after a HelloRetryRequest, and the others look like data.
 */
final class OneHandshake extends ChannelInboundHandlerAdapter {
  private static final RareLog LOG = RareLog.of(OneHandshake.class);

  // Types of records (RFC 5246, section 6.2.1).
  private static final int CHANGE_CIPHER_SPEC = 20;
  private static final int HANDSHAKE = 22;

  /** One byte of type, two of version, two of length. */
  private static final int HEADER_BYTES = 5;

  private long header;
  private int headerBytes;
  private int bodyBytes;
  private boolean isEncrypted;
  private boolean isFinished;

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof ByteBuf bytes && !isAllowed(bytes)) {
      ReferenceCountUtil.release(message);
      LOG.warn("closed a connection whose peer began a second TLS handshake");
      ChannelFuture unused = ctx.close();
      return;
    }
    ctx.fireChannelRead(message);
  }

  private boolean isAllowed(ByteBuf bytes) {
    int at = bytes.readerIndex();
    while (at < bytes.writerIndex()) {
      if (bodyBytes > 0) {
        int step = Math.min(bodyBytes, bytes.writerIndex() - at);
        bodyBytes -= step;
        at += step;
        continue;
      }
      header = (header << Byte.SIZE) | bytes.getUnsignedByte(at++);
      if (++headerBytes == HEADER_BYTES) {
        int type = (int) (header >>> ((HEADER_BYTES - 1) * Byte.SIZE)) & 0xFF;
        bodyBytes = (int) (header & 0xFFFF);
        header = 0;
        headerBytes = 0;
        if (!isAllowed(type)) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean isAllowed(int type) {
    if (type == CHANGE_CIPHER_SPEC) {
      isEncrypted = true;
    } else if (type == HANDSHAKE && isEncrypted) {
      boolean isSecond = isFinished;
      isFinished = true;
      return !isSecond;
    }
    return true;
  }
}
