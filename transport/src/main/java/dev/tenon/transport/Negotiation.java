package dev.tenon.transport;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.util.OptionalInt;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

/**
 * How the connections of one server or channel of grpc-java begin: the peer's user is checked, then
 * a TLS context is made for each of them alone, although grpc-java takes one for all. Thread-safe.
 */
final class Negotiation {
  private final StandInContext context;
  private final TlsFloor floor;
  private final OptionalInt serverUid;
  private final GrpcBeginning.Way way;

  /**
   * Makes the TLS context of one connection to be made; {@code ends} is given what is to be run
   * when it has ended.
   */
  @FunctionalInterface
  interface Contexts {
    SslContext next(Consumer<Runnable> ends) throws SSLException;
  }

  private Negotiation(
      StandInContext context, TlsFloor floor, OptionalInt serverUid, GrpcBeginning.Way way) {
    this.context = context;
    this.floor = floor;
    this.serverUid = serverUid;
    this.way = way;
  }

  static Negotiation server(Threshold threshold) {
    return new Negotiation(
        new StandInContext(/* isClient= */ false),
        threshold.floor(),
        OptionalInt.empty(),
        (channel, next) -> accept(channel, threshold, next));
  }

  /**
   * @param serverUid the user who must listen at a Unix socket, if anybody may not
   */
  static Negotiation client(
      Contexts contexts, String serverName, TlsFloor floor, OptionalInt serverUid) {
    return new Negotiation(
        new StandInContext(/* isClient= */ true),
        floor,
        serverUid,
        (channel, next) -> next.accept(Made.by(contexts, serverName, channel)));
  }

  /** Returns what grpc-java is given. */
  SslContext context() {
    return context;
  }

  /** Puts into {@code channel}, which is not registered yet, what comes before grpc-java. */
  void precede(Channel channel) {
    ChannelPipeline pipeline = channel.pipeline();
    serverUid.ifPresent(uid -> pipeline.addLast(new ServerUser(uid)));
    pipeline.addLast(new GrpcBeginning(context, floor, way));
  }

  private static void accept(
      Channel channel, Threshold threshold, Consumer<GrpcBeginning.Begun> next) {
    GrpcSide side = new GrpcSide(channel);
    boolean unused =
        threshold.pass(
            channel, side, entrant -> next.accept(new Accepted(threshold, entrant, side)));
  }

  /** A connection that was accepted. */
  private record Accepted(Threshold threshold, Entrant entrant, GrpcSide side)
      implements GrpcBeginning.Begun {
    @Override
    public SSLEngine engine(ByteBufAllocator alloc) {
      return entrant.context().newEngine(alloc);
    }

    @Override
    public void handshakes(SslHandler tls) {
      threshold.watch(entrant, tls);
    }

    @Override
    public void speaks(SslHandler tls, Http2ConnectionHandler http2) {
      EntrantFilter.note(tls.engine().getSession(), entrant);
      side.speaks(http2);
    }
  }

  /** A connection that we made. */
  private record Made(Channel channel, SslContext context, String serverName)
      implements GrpcBeginning.Begun {
    static Made by(Contexts contexts, String serverName, Channel channel) throws SSLException {
      ChannelFuture closed = channel.closeFuture();
      SslContext context = contexts.next(end -> closed.addListener(done -> end.run()));
      closed.addListener(done -> ReferenceCountUtil.release(context));
      return new Made(channel, context, serverName);
    }

    @Override
    public SSLEngine engine(ByteBufAllocator alloc) {
      return context.newEngine(alloc, serverName, -1);
    }

    @Override
    public void handshakes(SslHandler tls) {}

    @Override
    public void speaks(SslHandler tls, Http2ConnectionHandler http2) {
      SettingsLimit.on(http2);
      QueuedStreams.on(channel, http2);
    }
  }
}
