package dev.tenon.transport;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.grpc.ChannelCredentials;
import io.grpc.ServerCredentials;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The event loops and the kinds of sockets that they drive. Thread-safe. */
final class Sockets implements AutoCloseable {
  /** What drives the sockets. */
  enum Kind {
    /** Linux: Unix sockets and TCP. */
    EPOLL,
    /** Everywhere: TCP alone. */
    NIO;

    static Kind preferred() {
      return Epoll.isAvailable() ? EPOLL : NIO;
    }
  }

  /** Takes back grpc-java's TCP option, about which Unix sockets log a warning per connection. */
  private static final @Nullable Boolean UNSET = null;

  private static final long CLOSE_TIMEOUT_SECONDS = 5;

  private final Kind kind;
  private final EventLoopGroup loops;

  Sockets(Kind kind) {
    this.kind = kind;
    IoHandlerFactory handlers =
        switch (kind) {
          case EPOLL -> EpollIoHandler.newFactory();
          case NIO -> NioIoHandler.newFactory();
        };
    this.loops =
        new MultiThreadIoEventLoopGroup(
            Runtime.getRuntime().availableProcessors(),
            new DefaultThreadFactory("tenon-io", /* daemon= */ true),
            handlers);
  }

  NettyServerBuilder server(Endpoint listen, ServerCredentials credentials) {
    NettyServerBuilder builder;
    if (listen instanceof Endpoint.Unix unix) {
      requireUnixSockets(listen);
      builder =
          NettyServerBuilder.forAddress(address(unix), credentials)
              .channelFactory(() -> unixServer(unix.path()))
              .withChildOption(ChannelOption.SO_KEEPALIVE, UNSET);
    } else {
      builder =
          NettyServerBuilder.forAddress(address((Endpoint.Tcp) listen), credentials)
              .channelType(
                  kind == Kind.EPOLL
                      ? EpollServerSocketChannel.class
                      : NioServerSocketChannel.class);
    }
    return builder.bossEventLoopGroup(loops).workerEventLoopGroup(loops);
  }

  private static ServerChannel unixServer(Path path) {
    ServerChannel channel = new EpollServerDomainSocketChannel();
    channel.pipeline().addLast(new SocketFile(path));
    return channel;
  }

  NettyChannelBuilder channel(Endpoint to, ChannelCredentials credentials) {
    NettyChannelBuilder builder;
    if (to instanceof Endpoint.Unix unix) {
      requireUnixSockets(to);
      builder =
          NettyChannelBuilder.forAddress(address(unix), credentials)
              .channelType(EpollDomainSocketChannel.class, DomainSocketAddress.class)
              .withOption(ChannelOption.SO_KEEPALIVE, UNSET);
    } else {
      Endpoint.Tcp tcp = (Endpoint.Tcp) to;
      builder =
          NettyChannelBuilder.forAddress(tcp.hostForUri(), tcp.port(), credentials)
              .channelType(
                  kind == Kind.EPOLL ? EpollSocketChannel.class : NioSocketChannel.class,
                  InetSocketAddress.class);
    }
    return builder.eventLoopGroup(loops);
  }

  private void requireUnixSockets(Endpoint endpoint) {
    if (kind != Kind.EPOLL) {
      throw new IllegalStateException(
          "endpoint: " + endpoint + " (expected: tcp:...; Unix sockets need Linux with epoll)");
    }
  }

  private static DomainSocketAddress address(Endpoint.Unix unix) {
    return new DomainSocketAddress(unix.path().toString());
  }

  private static InetSocketAddress address(Endpoint.Tcp tcp) {
    InetSocketAddress address = new InetSocketAddress(tcp.host(), tcp.port());
    if (address.isUnresolved()) {
      throw new IllegalStateException("host: " + tcp.host() + " (expected: a name that resolves)");
    }
    return address;
  }

  Kind kind() {
    return kind;
  }

  /** Ends all event loops, and with them every connection that is still open. */
  @Override
  public void close() {
    loops
        .shutdownGracefully(/* quietPeriod= */ 0, CLOSE_TIMEOUT_SECONDS, SECONDS)
        .awaitUninterruptibly(CLOSE_TIMEOUT_SECONDS, SECONDS);
  }
}
