package dev.tenon.transport;

import io.grpc.Attributes;
import io.grpc.ChannelCredentials;
import io.grpc.ServerCredentials;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalNettyChannelCredentials;
import io.grpc.netty.InternalNettyServerCredentials;
import io.grpc.netty.InternalProtocolNegotiationEvent;
import io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.grpc.netty.ProtocolNegotiationEvent;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.net.ssl.SSLException;

/**
 * How a connection begins: the peer's user is checked, then a TLS context is made for this
 * connection alone.
 *
 * <p>The only class that uses grpc-java's {@code Internal*} types; its public API takes one context
 * for all connections of a server or channel.
 */
final class Negotiation {
  private static final AsciiString SCHEME = AsciiString.of("https");

  private Negotiation() {}

  /**
   * Makes the TLS context of one connection to be made; {@code ends} is given what is to be run
   * when it has ended.
   */
  @FunctionalInterface
  interface Contexts {
    SslContext next(Consumer<Runnable> ends) throws SSLException;
  }

  static ServerCredentials server(Threshold threshold) {
    return InternalNettyServerCredentials.create(
        new Negotiator(next -> new Accepting(next, threshold)));
  }

  static ChannelCredentials client(
      Contexts contexts, String serverName, TlsFloor floor, OptionalInt serverUid) {
    return InternalNettyChannelCredentials.create(
        new InternalProtocolNegotiator.ClientFactory() {
          @Override
          public InternalProtocolNegotiator.ProtocolNegotiator newNegotiator() {
            return new Negotiator(
                next -> new Connecting(next, floor, contexts, serverName, serverUid));
          }

          @Override
          public int getDefaultPort() {
            return 443; // Of no use: an endpoint always names its port.
          }
        });
  }

  /** Gives each connection the first handler of its own. */
  private record Negotiator(Function<GrpcHttp2ConnectionHandler, ChannelHandler> first)
      implements InternalProtocolNegotiator.ProtocolNegotiator {
    @Override
    public AsciiString scheme() {
      return SCHEME;
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler next) {
      return first.apply(next);
    }

    @Override
    public void close() {}
  }

  /** Waits for grpc-java to start the connection, then puts the TLS handlers in its own place. */
  private abstract static class Beginning extends ChannelInboundHandlerAdapter {
    private final TlsFloor floor;

    Beginning(TlsFloor floor) {
      this.floor = floor;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
      if (event instanceof ProtocolNegotiationEvent start) {
        begin(ctx, start);
      } else {
        ctx.fireUserEventTriggered(event);
      }
    }

    abstract void begin(ChannelHandlerContext ctx, ProtocolNegotiationEvent start)
        throws IOException;

    abstract ChannelHandler tls(SslContext context);

    void proceed(ChannelHandlerContext ctx, ProtocolNegotiationEvent start, SslContext context) {
      if (floor == TlsFloor.TLS_1_2) {
        ctx.pipeline().addFirst(new OneHandshake());
      }
      ctx.pipeline().replace(this, null, tls(context));
      ctx.fireUserEventTriggered(start);
    }
  }

  /** The beginning of an accepted connection. */
  private static final class Accepting extends Beginning {
    private final GrpcHttp2ConnectionHandler next;
    private final Threshold threshold;

    Accepting(GrpcHttp2ConnectionHandler next, Threshold threshold) {
      super(threshold.floor());
      this.next = next;
      this.threshold = threshold;
    }

    @Override
    void begin(ChannelHandlerContext ctx, ProtocolNegotiationEvent start) {
      boolean unused =
          threshold.pass(
              ctx,
              GrpcSide.on(ctx.channel(), next),
              entrant -> {
                proceed(ctx, with(start, entrant), entrant.context());
                threshold.watch(entrant, ctx.channel().pipeline().get(SslHandler.class));
              });
    }

    private static ProtocolNegotiationEvent with(ProtocolNegotiationEvent start, Entrant entrant) {
      Attributes known = InternalProtocolNegotiationEvent.getAttributes(start);
      return InternalProtocolNegotiationEvent.withAttributes(
          start, known.toBuilder().setAll(entrant.attributes()).build());
    }

    @Override
    ChannelHandler tls(SslContext context) {
      return InternalProtocolNegotiators.serverTls(context).newHandler(next);
    }
  }

  /** The beginning of a connection that we make. */
  private static final class Connecting extends Beginning {
    private final GrpcHttp2ConnectionHandler next;
    private final Contexts contexts;
    private final String serverName;
    private final OptionalInt serverUid;

    Connecting(
        GrpcHttp2ConnectionHandler next,
        TlsFloor floor,
        Contexts contexts,
        String serverName,
        OptionalInt serverUid) {
      super(floor);
      this.next = next;
      this.contexts = contexts;
      this.serverName = serverName;
      this.serverUid = serverUid;
    }

    @Override
    void begin(ChannelHandlerContext ctx, ProtocolNegotiationEvent start) throws SSLException {
      SettingsLimit.on(next);
      QueuedStreams.on(ctx.channel(), next);
      serverUid.ifPresent(uid -> ctx.pipeline().addFirst(new ServerUser(uid)));
      ChannelFuture closed = ctx.channel().closeFuture();
      SslContext context = contexts.next(end -> closed.addListener(done -> end.run()));
      closed.addListener(done -> ReferenceCountUtil.release(context));
      proceed(ctx, start, context);
    }

    @Override
    ChannelHandler tls(SslContext context) {
      ChannelHandler grpc = InternalProtocolNegotiators.grpcNegotiationHandler(next);
      ChannelHandler tls =
          InternalProtocolNegotiators.clientTlsHandler(
              grpc, context, serverName, next.getNegotiationLogger());
      return InternalProtocolNegotiators.waitUntilActiveHandler(tls, next.getNegotiationLogger());
    }
  }
}
