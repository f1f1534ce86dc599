package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import io.grpc.Attributes;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A link without TLS, for a benchmark of what is behind links. It is no part of what is released,
 * where every link has TLS; and it knows no filters, limits of time or counters.
 */
final class PlainLink extends ChannelInboundHandlerAdapter implements Link {
  private final Channel channel;
  private final Loop loop;
  private final Attributes attributes;
  private final Function<Link, Receiver> opened;
  private final Outbox outbox;
  private @Nullable Receiver receiver;
  private @Nullable ChannelHandlerContext context;
  private boolean isFlushing;
  private boolean isFull;

  /**
   * @param opened returns who reads it, once it is connected
   */
  PlainLink(Channel channel, Loop loop, Attributes attributes, Function<Link, Receiver> opened) {
    this.channel = channel;
    this.loop = loop;
    this.attributes = attributes;
    this.opened = opened;
    this.outbox = new Outbox(channel.alloc());
  }

  @Override
  public void channelActive(ChannelHandlerContext active) {
    context = active;
    receiver = opened.apply(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext unused, Object message) {
    try {
      if (receiver != null && message instanceof ByteBuf bytes) {
        ByteBuffer all = bytes.nioBuffer();
        while (receiver != null && all.hasRemaining()) {
          receiver.received(all); // Nobody who measures floods.
        }
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext unused) {
    if (receiver != null) {
      receiver.readComplete();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext unused) {
    if (!isFlushing) {
      tellOfRoom();
    }
  }

  private void tellOfRoom() {
    if (receiver != null && isFull && channel.isWritable()) {
      isFull = false;
      receiver.writabilityChanged();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext unused, Throwable cause) {
    abort();
  }

  @Override
  public void channelInactive(ChannelHandlerContext unused) {
    outbox.close();
    Receiver told = receiver;
    receiver = null;
    if (told != null) {
      told.closed();
    }
  }

  @Override
  public ByteBuffer out(int room) {
    return outbox.room(room);
  }

  @Override
  public int unflushed() {
    return outbox.size();
  }

  @Override
  public void flush() {
    ByteBuf bytes = outbox.take();
    if (bytes == null) {
      return;
    }
    isFlushing = true;
    ChannelHandlerContext to = requireNonNull(context, "not connected");
    var unused = to.writeAndFlush(bytes, to.voidPromise());
    isFlushing = false;
    if (!channel.isWritable()) {
      isFull = true;
    } else if (isFull) {
      loop.execute(this::tellOfRoom); // The caller may not expect to be called.
    }
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public long pendingBytes() {
    var waiting = channel.unsafe().outboundBuffer();
    return waiting == null ? 0 : waiting.totalPendingWriteBytes();
  }

  @Override
  public void begun() {}

  @Override
  public void agreed() {}

  @Override
  public void end() {
    flush();
    abort();
  }

  @Override
  public void abort() {
    var unused = channel.close();
  }

  @Override
  public void hold(Duration time) {} // Nobody who measures was cut off.

  @Override
  public Loop loop() {
    return loop;
  }

  @Override
  public Attributes attributes() {
    return attributes;
  }
}
