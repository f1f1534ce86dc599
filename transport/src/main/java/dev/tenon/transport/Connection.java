package dev.tenon.transport;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.grpc.Attributes;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;

/**
 * An accepted connection, as its host can end it. Thread-safe.
 *
 * <p>grpc-java's own ways to end a connection wait for its streams, or end all connections of a
 * server.
 */
public final class Connection {
  /** Where the connection is found among its own attributes and those of its calls. */
  public static final Attributes.Key<Connection> KEY =
      Attributes.Key.create("dev.tenon.connection");

  private static final RareLog LOG = RareLog.of(Connection.class);

  /*
   * `http2` and its pipeline are touched on the event loop alone. What a call writes before `close` is
   * called is in grpc-java's queue, which a task of the same loop empties. If that task is just at its
   * end it does not see the write, and puts another task behind the one that `close` made: so `close`
   * goes to the end of the line once more, and what was written is on its way before the end. What the
   * peer has no room for yet waits in Netty's queue with its stream open on our side; so the end comes
   * when no stream is, or when the peer has had its time.
   *
   * The end is first that of our direction. A socket that is closed whole answers what the peer still
   * writes with a reset, and the peer may lose what it has not read: a client that is told of one call
   * cancels its own side of it, and would not learn how the others ended.
   */
  private final Channel channel;
  private final Http2ConnectionHandler http2;
  private final Http2Guard guard;
  private final Doorkeeper doorkeeper;
  private volatile boolean ready;
  private volatile Duration lastWords = Transport.Patience.DEFAULT.lastWords();
  private final List<X509Certificate> ownChain;
  private volatile List<X509Certificate> peerChain = List.of();
  private boolean silent; // on the event loop

  private Connection(
      Channel channel,
      Http2ConnectionHandler http2,
      Http2Guard guard,
      Doorkeeper doorkeeper,
      List<X509Certificate> ownChain) {
    this.ownChain = ownChain;
    this.channel = channel;
    this.http2 = http2;
    this.guard = guard;
    this.doorkeeper = doorkeeper;
  }

  /**
   * Makes the connection of {@code channel}, which {@code doorkeeper} let in, on its event loop,
   * before anything was read.
   */
  static Connection accepted(
      Channel channel,
      Http2ConnectionHandler http2,
      Doorkeeper doorkeeper,
      List<X509Certificate> ownChain) {
    SettingsLimit.on(http2);
    Connection connection =
        new Connection(channel, http2, Http2Guard.on(http2), doorkeeper, ownChain);
    channel.closeFuture().addListener(closed -> connection.closed());
    return connection;
  }

  private void closed() {
    if (!ready) {
      LOG.warn("a connection ended before its handshake did");
    }
  }

  /**
   * Notes the end of the handshake: TLS is done, and the client's SETTINGS have come. From here the
   * client has as long as {@code patience} says to acknowledge ours.
   */
  void ready(Transport.Patience patience) {
    ready = true;
    lastWords = patience.lastWords();
    doorkeeper.ready(channel);
    Future<?> expiry =
        channel
            .eventLoop()
            .schedule(this::requireAgreement, patience.settings().toMillis(), MILLISECONDS);
    channel.closeFuture().addListener(closed -> expiry.cancel(/* mayInterruptIfRunning= */ false));
  }

  /** Notes the chain, leaf first, that the client proved itself with. */
  void proved(List<X509Certificate> chain) {
    peerChain = List.copyOf(chain);
  }

  /** Returns the chain, leaf first, that this side proved itself with in the handshake. */
  public List<X509Certificate> ownChain() {
    return ownChain;
  }

  /** Returns the chain, leaf first, that the client proved itself with; empty without one. */
  public List<X509Certificate> peerChain() {
    return peerChain;
  }

  private void requireAgreement() {
    if (!guard.isAgreed()) {
      LOG.warn("closed a connection whose client did not acknowledge SETTINGS");
      abort();
    }
  }

  /**
   * Ends the connection: no new stream is taken, what calls have written before is sent, and calls
   * that end right now end in order; then nothing more is sent or read, and the peer may end its
   * side. Streams that are open after 250 ms are lost, and a peer that does not read, or does not
   * end, is not waited for longer. Returns at once; idempotent.
   */
  public void close() {
    execute(() -> execute(this::sayGoodbye));
  }

  private void sayGoodbye() {
    ChannelHandlerContext context = channel.pipeline().context(http2);
    if (context == null) {
      abort();
      return;
    }
    int last = http2.connection().remote().lastStreamCreated();
    ChannelFuture unused =
        http2.goAway(
            context, last, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, context.newPromise());
    http2.flush(context);
    http2
        .connection()
        .addListener(
            new Http2ConnectionAdapter() {
              @Override
              public void onStreamHalfClosed(Http2Stream stream) {
                execute(() -> endIfSilent(context));
              }

              @Override
              public void onStreamClosed(Http2Stream stream) {
                execute(() -> endIfSilent(context));
              }
            });
    endIfSilent(context);
    var unusedTimer = channel.eventLoop().schedule(this::abort, lastWords.toMillis(), MILLISECONDS);
  }

  /** Ends our side of the connection if no stream has anything more to say from it. */
  private void endIfSilent(ChannelHandlerContext context) {
    if (silent) {
      return;
    }
    try {
      Http2Stream speaking =
          http2.connection().forEachActiveStream(stream -> !stream.state().localSideOpen());
      if (speaking != null) {
        return;
      }
    } catch (Http2Exception e) {
      abort(); // its visitor throws none
      return;
    }
    silent = true;
    http2.flush(context);
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls == null || !(channel instanceof DuplexChannel duplex)) {
      // Not through the HTTP/2 handler, which would wait for the peer to end its streams.
      ChannelFuture unused = context.close();
      return;
    }
    channel.pipeline().addFirst(new Deaf());
    ChannelFuture unused =
        tls.closeOutbound()
            .addListener(
                said -> {
                  ChannelFuture unusedEnd = duplex.shutdownOutput(); // the peer's end closes it
                });
  }

  /** Reads on, for the peer's end, and passes nothing on: all is said and done. */
  private static final class Deaf extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ReferenceCountUtil.release(message);
    }
  }

  /**
   * Asks the client to make another connection for what it begins from now on; what is open runs on
   * here (RFC 9113, section 6.8). Returns at once; idempotent.
   */
  public void retire() {
    execute(
        () -> {
          ChannelHandlerContext context = channel.pipeline().context(http2);
          if (context != null && !http2.connection().goAwaySent()) {
            ChannelFuture unused =
                http2.goAway(
                    context,
                    Integer.MAX_VALUE,
                    Http2Error.NO_ERROR.code(),
                    Unpooled.EMPTY_BUFFER,
                    context.newPromise());
            http2.flush(context);
          }
        });
  }

  /** Ends the connection as {@link #close} does, in {@code delay} from now. Returns at once. */
  public void closeAfter(Duration delay) {
    execute(
        () -> {
          var unused = channel.eventLoop().schedule(this::close, delay.toMillis(), MILLISECONDS);
        });
  }

  /** Ends the connection without a word. Returns at once; idempotent. */
  public void closeNow() {
    execute(this::abort);
  }

  /** Returns the channel below, for tests. */
  Channel channel() {
    return channel;
  }

  private void abort() {
    channel.unsafe().close(channel.unsafe().voidPromise());
  }

  private void execute(Runnable task) {
    try {
      channel.eventLoop().execute(task);
    } catch (RejectedExecutionException e) {
      // The event loops have ended, and all connections with them.
    }
  }
}
