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
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;

/**
 * How a connection begins: the peer's user is checked, then a TLS context is made for this
 * connection alone.
 *
 * <p>The only class that uses grpc-java's {@code Internal*} types; its public API takes one context
 * for all connections of a server or channel.
 */
final class Negotiation {
  /** The peer's process, among the attributes of a connection on a Unix socket. */
  static final Attributes.Key<PeerProcess> PROCESS =
      Attributes.Key.create("dev.tenon.peer-process");

  private static final AsciiString SCHEME = AsciiString.of("https");
  private static final RareLog LOG = RareLog.of(Negotiation.class);

  private Negotiation() {}

  /**
   * Makes the TLS context of one connection to be made; {@code ends} is given what is to be run
   * when it has ended.
   */
  @FunctionalInterface
  interface Contexts {
    SslContext next(Consumer<Runnable> ends) throws SSLException;
  }

  /**
   * Makes the TLS context of one accepted connection from the credentials of its moment; {@code
   * faults} is told why the client's certificate is refused.
   */
  @FunctionalInterface
  interface AcceptedContexts {
    SslContext next(Credentials credentials, Consumer<HandshakeFault> faults) throws SSLException;
  }

  static ServerCredentials server(
      Supplier<Credentials> credentials,
      AcceptedContexts contexts,
      UidCheck uids,
      Doorkeeper doorkeeper,
      TlsFloor floor) {
    return InternalNettyServerCredentials.create(
        new Negotiator(
            next -> new Accepting(next, floor, credentials, contexts, uids, doorkeeper)));
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
      ctx.channel().closeFuture().addListener(closed -> ReferenceCountUtil.release(context));
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
    private final Supplier<Credentials> credentials;
    private final AcceptedContexts contexts;
    private final UidCheck uids;
    private final Doorkeeper doorkeeper;

    Accepting(
        GrpcHttp2ConnectionHandler next,
        TlsFloor floor,
        Supplier<Credentials> credentials,
        AcceptedContexts contexts,
        UidCheck uids,
        Doorkeeper doorkeeper) {
      super(floor);
      this.next = next;
      this.credentials = credentials;
      this.contexts = contexts;
      this.uids = uids;
      this.doorkeeper = doorkeeper;
    }

    @Override
    void begin(ChannelHandlerContext ctx, ProtocolNegotiationEvent start) {
      try {
        Optional<PeerProcess> process = UidCheck.processOf(ctx.channel());
        if (process.isPresent() && !uids.accepts(process.get())) {
          LOG.warn("refused a connection of another user: " + process.get());
          ChannelFuture unused = ctx.close();
          return;
        }
        Source source = Source.of(process, ctx.channel().remoteAddress());
        if (!enter(ctx.channel(), source)) {
          LOG.warn("refused a connection over the limits, from " + source.name());
          ChannelFuture unused = ctx.close();
          return;
        }
        Credentials own = credentials.get();
        Connection connection = Connection.accepted(ctx.channel(), next, doorkeeper, own.chain());
        AtomicReference<HandshakeFault> fault = new AtomicReference<>();
        SslContext context = contexts.next(own, fault::set);
        proceed(ctx, with(start, process, source, connection), context);
        noteFailure(ctx.channel(), source, fault);
      } catch (IOException | RuntimeException e) {
        LOG.warn("refused a connection: " + e);
        ChannelFuture unused = ctx.close();
      }
    }

    /**
     * Tells the doorkeeper if the handshake fails, with what the trust check said, if it ran; or
     * ends without HTTP/2, after which grpc-java closes the connection.
     */
    private void noteFailure(
        Channel channel, Source source, AtomicReference<HandshakeFault> fault) {
      SslHandler tls = channel.pipeline().get(SslHandler.class);
      tls.handshakeFuture()
          .addListener(
              done -> {
                if (done.isSuccess()) {
                  if (!ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol())) {
                    doorkeeper.faulted(source, HandshakeFault.NOT_HTTP2);
                  }
                } else {
                  Optional.ofNullable(fault.get())
                      .or(() -> HandshakeFault.of(done.cause()))
                      .ifPresent(why -> doorkeeper.faulted(source, why));
                }
              });
    }

    private boolean enter(Channel channel, Source source) {
      if (!doorkeeper.enter(channel, source, () -> abort(channel))) {
        return false;
      }
      channel.closeFuture().addListener(closed -> doorkeeper.left(channel, source));
      return true;
    }

    /** For any thread; a TLS handshake that is under way is not waited for. */
    private static void abort(Channel channel) {
      channel.eventLoop().execute(() -> channel.unsafe().close(channel.unsafe().voidPromise()));
    }

    private static ProtocolNegotiationEvent with(
        ProtocolNegotiationEvent start,
        Optional<PeerProcess> process,
        Source source,
        Connection connection) {
      Attributes.Builder attributes =
          InternalProtocolNegotiationEvent.getAttributes(start).toBuilder()
              .set(Source.KEY, source)
              .set(Connection.KEY, connection);
      process.ifPresent(peer -> attributes.set(PROCESS, peer));
      return InternalProtocolNegotiationEvent.withAttributes(start, attributes.build());
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
      proceed(ctx, start, contexts.next(end -> closed.addListener(done -> end.run())));
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
