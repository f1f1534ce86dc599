package dev.tenon.transport;

import io.grpc.Attributes;
import io.netty.channel.Channel;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * What every accepted connection has to pass before a byte of it is read, whoever speaks HTTP/2 on
 * it then: the peer's user and the limits are checked, and a TLS context is made for this
 * connection alone once its peer has said something. A flood of silent connections thus costs no
 * context. Thread-safe.
 */
final class Threshold {
  private static final RareLog LOG = RareLog.of(Threshold.class);

  private final Supplier<Credentials> credentials;
  private final Contexts contexts;
  private final UidCheck uids;
  private final Doorkeeper doorkeeper;
  private final TlsFloor floor;

  /**
   * Makes the TLS context of one accepted connection from the credentials of its moment; {@code
   * faults} is told why the client's certificate is refused.
   */
  @FunctionalInterface
  interface Contexts {
    SslContext next(Credentials credentials, Consumer<HandshakeFault> faults) throws SSLException;
  }

  Threshold(
      Supplier<Credentials> credentials,
      Contexts contexts,
      UidCheck uids,
      Doorkeeper doorkeeper,
      TlsFloor floor) {
    this.credentials = credentials;
    this.contexts = contexts;
    this.uids = uids;
    this.doorkeeper = doorkeeper;
    this.floor = floor;
  }

  TlsFloor floor() {
    return floor;
  }

  /**
   * Lets {@code channel} pass, on whose connection {@code side} will speak, and returns true; or
   * closes it. On its event loop, on which {@code begin} is given what is known of it when its peer
   * has said the first word, before that is read.
   */
  boolean pass(Channel channel, Http2Side side, Consumer<Entrant> begin) {
    try {
      Optional<PeerProcess> process = UidCheck.processOf(channel);
      if (process.isPresent() && !uids.accepts(process.get())) {
        return refused(channel, "refused a connection of another user: " + process.get());
      }
      Source source = Source.of(process, channel.remoteAddress());
      if (!doorkeeper.enter(channel, source, () -> abort(channel))) {
        return refused(channel, "refused a connection over the limits, from " + source.name());
      }
      channel.closeFuture().addListener(closed -> doorkeeper.left(channel, source));
      Runnable spoke =
          () -> {
            doorkeeper.spoke(channel);
            entrant(channel, side, source, process).ifPresent(begin);
          };
      channel.pipeline().addFirst(new FirstWord(spoke));
      return true;
    } catch (IOException | RuntimeException e) {
      return refused(channel, "refused a connection: " + e);
    }
  }

  private Optional<Entrant> entrant(
      Channel channel, Http2Side side, Source source, Optional<PeerProcess> process) {
    try {
      Credentials own = credentials.get();
      Connection connection = Connection.accepted(channel, side, doorkeeper, own.chain());
      Attributes.Builder attributes =
          Attributes.newBuilder().set(Source.KEY, source).set(Connection.KEY, connection);
      process.ifPresent(peer -> attributes.set(PeerProcess.KEY, peer));
      AtomicReference<@Nullable HandshakeFault> fault = new AtomicReference<>();
      SslContext context = contexts.next(own, fault::set);
      channel.closeFuture().addListener(closed -> ReferenceCountUtil.release(context));
      return Optional.of(new Entrant(source, attributes.build(), context, fault));
    } catch (IOException | RuntimeException e) {
      boolean unused = refused(channel, "refused a connection: " + e);
      return Optional.empty();
    }
  }

  private static boolean refused(Channel channel, String why) {
    LOG.warn(why);
    channel.unsafe().close(channel.unsafe().voidPromise());
    return false;
  }

  /** For any thread; a TLS handshake that is under way is not waited for. */
  private static void abort(Channel channel) {
    channel.eventLoop().execute(() -> channel.unsafe().close(channel.unsafe().voidPromise()));
  }

  /**
   * Tells the doorkeeper if the handshake of {@code entrant} fails, with what the trust check said,
   * if it ran; or ends without HTTP/2, after which who speaks it closes the connection.
   */
  void watch(Entrant entrant, SslHandler tls) {
    tls.handshakeFuture()
        .addListener(
            done -> {
              if (done.isSuccess()) {
                if (!isHttp2(tls)) {
                  doorkeeper.faulted(entrant.source(), HandshakeFault.NOT_HTTP2);
                }
              } else {
                Optional.ofNullable(entrant.fault().get())
                    .or(() -> HandshakeFault.of(done.cause()))
                    .ifPresent(why -> doorkeeper.faulted(entrant.source(), why));
              }
            });
  }

  /** Returns whether both agreed on HTTP/2 in the handshake (RFC 7301). */
  static boolean isHttp2(SslHandler tls) {
    return ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol());
  }
}
