package dev.tenon.transport;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.io.IOException;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;

/**
 * The first handler of a channel on which grpc-java is to speak. Once the channel is connected, it
 * has the connection begin and grpc-java add TLS, with that connection's own engine; once TLS is
 * done, it has HTTP/2 guarded, before a byte of it is read. For one event loop.
 *
 * <p>grpc-java does not promise when it asks for an engine, nor when its HTTP/2 is in place. So
 * both are looked at, and a connection on which they are not as expected is closed.
 */
final class GrpcBeginning extends ChannelInboundHandlerAdapter {
  private static final RareLog LOG = RareLog.of(GrpcBeginning.class);

  private final StandInContext context;
  private final TlsFloor floor;
  private final Way way;
  private boolean isBegun;

  /** How the connections of one server or channel begin. */
  @FunctionalInterface
  interface Way {
    /**
     * Begins the connection of {@code channel}, and gives it to {@code next} when it may go on, now
     * or later on its event loop; or closes it.
     */
    void begin(Channel channel, Consumer<Begun> next) throws IOException;
  }

  /** A connection that begins. */
  interface Begun {
    /** Returns its engine; asked once. */
    SSLEngine engine(ByteBufAllocator alloc);

    /** The handshake is to begin. */
    void handshakes(SslHandler tls);

    /** TLS is done, and nothing has come by {@code http2} yet. */
    void speaks(SslHandler tls, Http2ConnectionHandler http2);
  }

  /**
   * @param context the one that grpc-java was given
   */
  GrpcBeginning(StandInContext context, TlsFloor floor, Way way) {
    this.context = context;
    this.floor = floor;
    this.way = way;
  }

  /** A channel that we make is connected. */
  @Override
  public void channelActive(ChannelHandlerContext first) throws IOException {
    begin(first, first::fireChannelActive);
  }

  /** grpc-java starts by an event; a channel that was accepted is connected by then. */
  @Override
  public void userEventTriggered(ChannelHandlerContext first, Object event) throws IOException {
    begin(first, () -> first.fireUserEventTriggered(event));
  }

  /** Holds {@code start} back, the first event on a connected channel, until it may go on. */
  private void begin(ChannelHandlerContext first, Runnable start) throws IOException {
    if (isBegun || !first.channel().isActive()) {
      start.run();
      return;
    }
    isBegun = true;
    way.begin(first.channel(), begun -> start(first, begun, start));
  }

  private void start(ChannelHandlerContext first, Begun begun, Runnable start) {
    ChannelPipeline pipeline = first.pipeline();
    pipeline.remove(this);
    if (floor == TlsFloor.TLS_1_2) {
      pipeline.addFirst(new OneHandshake());
    }
    SSLEngine own = context.during(begun::engine, start);
    SslHandler tls = pipeline.get(SslHandler.class);
    if (tls == null || tls.engine() != own) {
      abort(first.channel(), "TLS of its own");
      return;
    }
    begun.handshakes(tls);
    pipeline.addAfter(pipeline.context(tls).name(), null, new BehindTls(begun));
  }

  /** Waits for the end of the handshake, upon which grpc-java puts HTTP/2 in place. */
  private static final class BehindTls extends ChannelInboundHandlerAdapter {
    private final Begun begun;

    BehindTls(Begun begun) {
      this.begun = begun;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      context.fireUserEventTriggered(event);
      if (!(event instanceof SslHandshakeCompletionEvent done) || !done.isSuccess()) {
        return;
      }
      SslHandler tls = context.pipeline().get(SslHandler.class);
      Http2ConnectionHandler http2 = context.pipeline().get(Http2ConnectionHandler.class);
      if (http2 != null) {
        begun.speaks(tls, http2);
        context.pipeline().remove(this);
      } else if (Threshold.isHttp2(tls)) { // Else grpc-java closes it.
        abort(context.channel(), "HTTP/2 behind TLS");
      }
    }
  }

  private static void abort(Channel channel, String missing) {
    LOG.warn("closed a connection to which grpc-java gave no " + missing);
    channel.unsafe().close(channel.unsafe().voidPromise());
  }
}
