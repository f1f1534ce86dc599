package dev.tenon.transport;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.Iterator;
import java.util.OptionalInt;
import javax.net.ssl.SSLException;

/**
 * The making of one connection: each address of its endpoint is tried, until there is one on which
 * somebody listens. For one loop.
 */
final class Connecting {
  private final Bootstrap bootstrap;
  private final NettyLoop loop;
  private final Target target;
  private final LinkConnector connector;
  private boolean isDone;

  /** To whom a connection is made, and how. */
  record Target(
      Endpoint endpoint,
      ClientTls tls,
      OptionalInt serverUid,
      Handshakes handshakes,
      Transport.Patience patience) {}

  /**
   * @param bootstrap lacks the first handler of the channel
   */
  Connecting(Bootstrap bootstrap, NettyLoop loop, Target target, LinkConnector connector) {
    this.bootstrap = bootstrap;
    this.loop = loop;
    this.target = target;
    this.connector = connector;
    bootstrap.handler(
        new ChannelInitializer<Channel>() {
          @Override
          protected void initChannel(Channel channel) {
            begin(channel);
          }
        });
  }

  /**
   * Begins, from any thread.
   *
   * @throws java.util.concurrent.RejectedExecutionException if the loop has ended
   */
  void begin() {
    if (target.endpoint() instanceof Endpoint.Tcp tcp && DnsNames.isName(tcp.host())) {
      Thread asking = new Thread(this::resolve, "tenon-names"); // It blocks: not on a loop.
      asking.setDaemon(true);
      asking.start();
    } else {
      resolve();
    }
  }

  private void resolve() {
    try {
      Iterator<SocketAddress> addresses = Sockets.addresses(target.endpoint()).iterator();
      loop.execute(() -> tryNext(addresses));
    } catch (UnknownHostException e) {
      loop.execute(() -> failed(e));
    }
  }

  private void tryNext(Iterator<SocketAddress> addresses) {
    ChannelFuture unused =
        bootstrap
            .connect(addresses.next())
            .addListener(
                done -> {
                  if (done.isSuccess()) {
                    return;
                  }
                  if (addresses.hasNext() && !isDone) {
                    tryNext(addresses);
                  } else {
                    failed(done.cause());
                  }
                });
  }

  private void begin(Channel channel) {
    MadeLink link = new MadeLink(channel, loop, this, target.patience());
    target.serverUid().ifPresent(uid -> channel.pipeline().addLast(new ServerUser(uid)));
    channel.pipeline().addLast(link);
    try {
      link.addTls(target.tls(), target.handshakes());
    } catch (SSLException | RuntimeException e) {
      failed(e);
      link.abort();
    }
  }

  Link.Receiver connected(Link link) {
    isDone = true;
    return connector.connected(link);
  }

  /** Tells the connector, unless it knows already how it went. */
  void failed(Throwable cause) {
    if (!isDone) {
      isDone = true;
      connector.failed(cause);
    }
  }
}
