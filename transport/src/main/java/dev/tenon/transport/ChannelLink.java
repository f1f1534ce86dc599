package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.traffic.ChannelTrafficShapingHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** A link over a channel of Netty's, whose last handler it is, behind that of TLS. */
abstract class ChannelLink extends ChannelDuplexHandler implements Link {
  private static final RareLog LOG = RareLog.of(ChannelLink.class);

  private enum State {
    /** TLS is not done. */
    BEGINNING,
    OPEN,
    /** Our direction has ended, or TLS has failed: nothing is read or written. */
    ENDING,
    CLOSED
  }

  /** Most bytes that wait in a link because of a limit, before it takes no more. */
  private static final long MOST_HELD_BYTES = 64 * 1024;

  private final Channel channel;
  private final Loop loop;
  private final Duration lastWords;
  private final Outbox outbox;
  private State state = State.BEGINNING;
  private @Nullable ChannelHandlerContext context;
  private @Nullable Receiver receiver;
  private @Nullable ChannelHandler throughput;
  private @Nullable ByteBuf left; // what the receiver has left of what was read
  private Duration untilBrought = Duration.ZERO;
  private boolean isFlushing;
  private boolean isFull;

  /**
   * @param lastWords how long a peer may read and write on when our direction has ended
   */
  ChannelLink(Channel channel, Loop loop, Duration lastWords) {
    this.channel = channel;
    this.loop = loop;
    this.lastWords = lastWords;
    this.outbox = new Outbox(channel.alloc());
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
  }

  /** Puts the handler of TLS before this one. Its time is limited by whoever owns the link. */
  final void addTls(SslHandler handler, TlsFloor floor) {
    handler.setHandshakeTimeoutMillis(0);
    channel.pipeline().addBefore(context().name(), null, handler);
    if (floor == TlsFloor.TLS_1_2) {
      channel.pipeline().addFirst(new OneHandshake());
    }
  }

  /** Reads no more than so many bytes a second, and writes no more, until the link is ending. */
  final void limit(long bytesPerSecond) {
    ChannelTrafficShapingHandler handler =
        new ChannelTrafficShapingHandler(bytesPerSecond, bytesPerSecond);
    handler.setMaxWriteSize(MOST_HELD_BYTES);
    channel.pipeline().addBefore(context().name(), null, handler);
    throughput = handler;
  }

  /** TLS is done, and both speak HTTP/2: returns who reads. */
  abstract Receiver secured(SslHandler tls);

  /** TLS has failed, or is done with another protocol. */
  abstract void unsecured(Throwable cause);

  /** The channel is closed, and the receiver, if there was one, knows it. */
  abstract void over();

  @Override
  public final void userEventTriggered(ChannelHandlerContext unused, Object event) {
    if (!(event instanceof SslHandshakeCompletionEvent done) || state != State.BEGINNING) {
      return;
    }
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (!done.isSuccess()) {
      state = State.ENDING; // The handler of TLS closes the channel, behind its alert.
      unsecured(done.cause());
    } else if (!Threshold.isHttp2(tls)) {
      unsecured(new SSLException("application protocol: not agreed on (expected: h2)"));
      close();
    } else {
      state = State.OPEN;
      receiver = secured(tls);
    }
  }

  @Override
  public final void channelRead(ChannelHandlerContext unused, Object message) {
    try {
      if (message instanceof ByteBuf bytes) {
        received(bytes);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void received(ByteBuf bytes) {
    if (left == null && bringAll(bytes)) {
      return;
    }
    if (left == null) {
      left = channel.alloc().buffer(bytes.readableBytes());
      bringLeftLater();
    }
    channel.config().setAutoRead(false);
    left.writeBytes(bytes);
  }

  /**
   * Returns whether the receiver has taken all, or there is none; what it left is still to read.
   */
  private boolean bringAll(ByteBuf bytes) {
    if (bytes.nioBufferCount() == 1) {
      return bring(bytes, bytes.nioBuffer());
    }
    for (ByteBuffer part : bytes.nioBuffers()) {
      if (!bring(bytes, part)) {
        return false;
      }
    }
    return true;
  }

  private boolean bring(ByteBuf whole, ByteBuffer part) {
    int length = part.remaining();
    Receiver reader = receiver();
    if (reader != null) {
      reader.received(part);
      length -= part.remaining();
    }
    whole.skipBytes(length);
    return reader == null || !part.hasRemaining();
  }

  /**
   * A timer, and no task: a task that follows a task comes before what other links have to read.
   */
  private void bringLeftLater() {
    Loop.Timer unused = loop.schedule(this::bringLeft, untilBrought);
    untilBrought = Duration.ZERO;
  }

  private void bringLeft() {
    if (left == null) {
      return; // It has closed.
    }
    try {
      if (bringAll(left)) {
        dropLeft();
        readOn();
      } else {
        bringLeftLater();
      }
      channelReadComplete(context());
    } catch (RuntimeException | Error e) {
      exceptionCaught(context(), e);
    }
  }

  /** A limit of throughput that waits lets no read pass. */
  private void readOn() {
    if (channel.config().isAutoRead()) { // It was turned on by that limit, and the read was lost.
      context().channel().read();
    } else {
      channel.config().setAutoRead(true);
    }
  }

  /** Nothing is read, whoever asks for it, while something is left. */
  @Override
  public final void read(ChannelHandlerContext unused) {
    if (left == null || state != State.OPEN) {
      context().read();
    }
  }

  private void dropLeft() {
    if (left != null) {
      left.release();
      left = null;
    }
  }

  @Override
  public final void channelReadComplete(ChannelHandlerContext unused) {
    Receiver reader = receiver();
    if (reader != null) {
      reader.readComplete();
    }
  }

  @Override
  public final void channelWritabilityChanged(ChannelHandlerContext unused) {
    if (!isFlushing) {
      tellOfRoom();
    }
  }

  private void tellOfRoom() {
    Receiver reader = receiver();
    if (reader != null && isFull && channel.isWritable()) {
      isFull = false;
      reader.writabilityChanged();
    }
  }

  @Override
  public final void exceptionCaught(ChannelHandlerContext unused, Throwable cause) {
    if (cause instanceof DecoderException) {
      Throwable fault = cause.getCause() == null ? cause : cause.getCause();
      LOG.warn("a peer broke its connection: " + fault.getClass().getSimpleName());
    } else if (!(cause instanceof IOException)) { // which says no more than that it has ended
      LOG.defect("a connection was closed, because its reader failed", cause);
    }
    close();
  }

  @Override
  public final void channelInactive(ChannelHandlerContext unused) {
    state = State.CLOSED;
    dropLeft();
    outbox.close();
    try {
      if (receiver != null) {
        receiver.closed();
      }
    } finally {
      over();
    }
  }

  @Override
  public final ByteBuffer out(int room) {
    return outbox.room(room);
  }

  @Override
  public final int unflushed() {
    return outbox.size();
  }

  @Override
  public final void flush() {
    ByteBuf bytes = outbox.take();
    if (bytes == null) {
      return;
    }
    if (state != State.OPEN) {
      bytes.release();
      return;
    }
    isFlushing = true;
    ChannelFuture unused = context().writeAndFlush(bytes, context().voidPromise());
    isFlushing = false;
    if (!channel.isWritable()) {
      isFull = true;
    } else if (isFull) {
      loop.execute(this::tellOfRoom); // The caller may not expect to be called.
    }
  }

  @Override
  public final boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public final long pendingBytes() {
    ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
    return waiting == null ? 0 : waiting.totalPendingWriteBytes();
  }

  @Override
  public final void end() {
    if (state != State.OPEN) {
      return;
    }
    flush();
    if (state != State.OPEN) {
      return;
    }
    if (throughput != null) { // What it holds is written now, and is not much.
      channel.pipeline().remove(throughput);
      context().flush();
    }
    state = State.ENDING;
    if (!Deaf.end(channel)) {
      close();
    } else if (left != null) {
      readOn(); // For the peer's end; nothing is brought any more.
    }
    if (channel.isOpen()) {
      Loop.Timer timer = loop.schedule(this::abort, lastWords);
      channel.closeFuture().addListener(closed -> timer.cancel());
    }
  }

  /** Closes the channel behind what is on its way, and the end of TLS. */
  private void close() {
    if (state != State.CLOSED) {
      state = State.ENDING;
    }
    ChannelFuture unused = context().close();
  }

  @Override
  public final void abort() {
    if (state != State.CLOSED) {
      state = State.ENDING;
    }
    channel.unsafe().close(channel.unsafe().voidPromise());
  }

  @Override
  public final void hold(Duration time) {
    untilBrought = time;
  }

  @Override
  public final Loop loop() {
    return loop;
  }

  /** Returns who reads, while there is somebody, and something may come. */
  final @Nullable Receiver receiver() {
    return state == State.OPEN && channel.isActive() ? receiver : null;
  }

  private ChannelHandlerContext context() {
    return requireNonNull(context, "not in a pipeline");
  }
}
