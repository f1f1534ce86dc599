package dev.tenon.transport;

import io.grpc.Attributes;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.Supplier;

/**
 * Links in plain text on TCP loopback, on one loop of a transport, for a benchmark alone: a
 * transport makes none. Needs Linux. Thread-safe.
 */
public final class PlainSockets {
  private static final WriteBufferWaterMark WATER_MARKS =
      new WriteBufferWaterMark(Link.LOW_WATER_BYTES, Link.HIGH_WATER_BYTES);

  private final NettyLoop loop;

  /** Uses the first loop of {@code transport}, which is not closed before its links. */
  public PlainSockets(Transport transport) {
    this.loop = (NettyLoop) transport.loops().get(0);
  }

  /**
   * Listens on a port of loopback that the system chooses, and returns it. What connects is let in,
   * whoever it is.
   *
   * @param admitted what is known of each connection
   * @throws IOException if there is no port
   */
  public Endpoint listen(Supplier<Attributes> admitted, LinkHandler handler) throws IOException {
    ChannelFuture bound =
        new ServerBootstrap()
            .group(loop.events())
            .channel(EpollServerSocketChannel.class)
            .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARKS)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel accepted) {
                    accepted
                        .pipeline()
                        .addLast(new PlainLink(accepted, loop, admitted.get(), handler::accepted));
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException("no port on loopback", bound.cause());
    }
    int port = ((InetSocketAddress) bound.channel().localAddress()).getPort();
    return new Endpoint.Tcp("127.0.0.1", port);
  }

  /** Connects to {@code port} of loopback. Returns at once. */
  public void connect(int port, LinkConnector connector) {
    var unused =
        new Bootstrap()
            .group(loop.events())
            .channel(EpollSocketChannel.class)
            .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARKS)
            .option(ChannelOption.TCP_NODELAY, true)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel made) {
                    made.pipeline()
                        .addLast(new PlainLink(made, loop, Attributes.EMPTY, connector::connected));
                  }
                })
            .connect(InetAddress.getLoopbackAddress(), port)
            .addListener(
                done -> {
                  if (!done.isSuccess()) {
                    connector.failed(done.cause());
                  }
                });
  }
}
