package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import io.grpc.Attributes;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/** The link of a connection that we made. */
final class MadeLink extends ChannelLink {
  private final Channel channel;
  private final Connecting connecting;
  private final Transport.Patience patience;
  private Loop.@Nullable Timer limit;

  MadeLink(Channel channel, Loop loop, Connecting connecting, Transport.Patience patience) {
    super(channel, loop, patience.lastWords());
    this.channel = channel;
    this.connecting = connecting;
    this.patience = patience;
  }

  /** Puts the handler of TLS before this one, in a context of its own; before it is connected. */
  void addTls(ClientTls tls, Handshakes handshakes) throws SSLException {
    SslContext context =
        handshakes.client(tls, end -> channel.closeFuture().addListener(closed -> end.run()));
    channel.closeFuture().addListener(closed -> ReferenceCountUtil.release(context));
    addTls(context.newHandler(channel.alloc(), tls.serverName(), -1), handshakes.floor());
  }

  @Override
  public void channelActive(ChannelHandlerContext unused) {
    limit =
        loop()
            .schedule(
                () -> {
                  connecting.failed(
                      new SSLHandshakeException(
                          "the server took longer than " + patience.handshake()));
                  abort();
                },
                patience.handshake());
  }

  @Override
  Receiver secured(SslHandler tls) {
    cancelLimit();
    return requireNonNull(connecting.connected(this), "receiver");
  }

  private void cancelLimit() {
    if (limit != null) {
      limit.cancel();
    }
  }

  @Override
  void unsecured(Throwable cause) {
    connecting.failed(cause);
  }

  @Override
  void over() {
    cancelLimit();
    connecting.failed(new IOException("the connection ended before TLS was done"));
  }

  @Override
  public void begun() {}

  @Override
  public void agreed() {}

  @Override
  public Attributes attributes() {
    return Attributes.EMPTY;
  }
}
