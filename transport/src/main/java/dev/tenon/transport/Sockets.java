package dev.tenon.transport;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.grpc.ChannelCredentials;
import io.grpc.ServerCredentials;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.NettySslContextChannelCredentials;
import io.grpc.netty.NettySslContextServerCredentials;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
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
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
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

  private static final WriteBufferWaterMark WATER_MARKS =
      new WriteBufferWaterMark(Link.LOW_WATER_BYTES, Link.HIGH_WATER_BYTES);

  private static final long CLOSE_TIMEOUT_SECONDS = 5;

  /** More of them than this gain nothing: a loop is busy with far more calls than a core has. */
  private static final int MOST_LOOPS = 4;

  /**
   * How many connections may wait to be accepted, as far as the system lets them: beyond that an
   * honest one waits whole seconds for its next try beside a flood.
   */
  private static final int BACKLOG = 4_096;

  private final Kind kind;
  private final ByteBufAllocator allocator;
  private final EventLoopGroup group;
  private final EventExecutorGroup handshakes;
  private final Map<EventExecutor, NettyLoop> loops;

  Sockets(Kind kind) {
    this(kind, PooledByteBufAllocator.DEFAULT);
  }

  /**
   * @param allocator of the buffers of links
   */
  Sockets(Kind kind, ByteBufAllocator allocator) {
    this.kind = kind;
    this.allocator = allocator;
    IoHandlerFactory handlers =
        switch (kind) {
          case EPOLL -> EpollIoHandler.newFactory();
          case NIO -> NioIoHandler.newFactory();
        };
    this.group =
        new MultiThreadIoEventLoopGroup(
            Math.min(MOST_LOOPS, Runtime.getRuntime().availableProcessors()),
            new DefaultThreadFactory("tenon-io", /* daemon= */ true),
            handlers);
    this.handshakes =
        new DefaultEventExecutorGroup(
            1, new DefaultThreadFactory("tenon-handshakes", /* daemon= */ true));
    Map<EventExecutor, NettyLoop> made = new LinkedHashMap<>();
    group.forEach(events -> made.put(events, new NettyLoop((EventLoop) events)));
    this.loops = Collections.unmodifiableMap(made);
  }

  /**
   * Returns where the trust checks of accepted links run. One thread: calls of others wait neither
   * for a flood of handshakes on their loop, nor for more than a core of it.
   */
  Executor handshakes() {
    return handshakes;
  }

  /** Returns all loops. */
  List<Loop> loops() {
    return List.copyOf(loops.values());
  }

  /** Returns a builder of a server whose connections begin by {@code negotiation}. */
  NettyServerBuilder server(Endpoint listen, Negotiation negotiation) {
    ServerCredentials credentials = NettySslContextServerCredentials.create(negotiation.context());
    NettyServerBuilder builder;
    if (listen instanceof Endpoint.Unix unix) {
      requireUnixSockets(listen);
      builder =
          NettyServerBuilder.forAddress(address(unix), credentials)
              .channelFactory(() -> accepting(unixServer(unix.path()), negotiation))
              .withChildOption(ChannelOption.SO_KEEPALIVE, UNSET);
    } else {
      builder =
          NettyServerBuilder.forAddress(address((Endpoint.Tcp) listen), credentials)
              .channelFactory(() -> accepting(tcpServer(), negotiation));
    }
    return builder.bossEventLoopGroup(group).workerEventLoopGroup(group);
  }

  /** Has whatever {@code server} accepts begin by {@code negotiation}. */
  private static ServerChannel accepting(ServerChannel server, Negotiation negotiation) {
    server
        .pipeline()
        .addLast(
            new ChannelInboundHandlerAdapter() {
              @Override
              public void channelRead(ChannelHandlerContext context, Object accepted) {
                negotiation.precede((Channel) accepted);
                context.fireChannelRead(accepted);
              }
            });
    return server;
  }

  private static ServerChannel unixServer(Path path) {
    ServerChannel channel = new EpollServerDomainSocketChannel();
    channel.pipeline().addLast(new SocketFile(path));
    return channel;
  }

  /** Returns a builder of a channel whose connections begin by {@code negotiation}. */
  NettyChannelBuilder channel(Endpoint to, Negotiation negotiation) {
    ChannelCredentials credentials =
        NettySslContextChannelCredentials.create(negotiation.context());
    NettyChannelBuilder builder;
    if (to instanceof Endpoint.Unix unix) {
      requireUnixSockets(to);
      builder =
          NettyChannelBuilder.forAddress(address(unix), credentials)
              .channelFactory(
                  () -> preceded(new EpollDomainSocketChannel(), negotiation),
                  DomainSocketAddress.class)
              .withOption(ChannelOption.SO_KEEPALIVE, UNSET);
    } else {
      Endpoint.Tcp tcp = (Endpoint.Tcp) to;
      builder =
          NettyChannelBuilder.forAddress(tcp.hostForUri(), tcp.port(), credentials)
              .channelFactory(() -> preceded(tcp(), negotiation), InetSocketAddress.class);
    }
    return builder.eventLoopGroup(group);
  }

  private static Channel preceded(Channel channel, Negotiation negotiation) {
    negotiation.precede(channel);
    return channel;
  }

  private ServerChannel tcpServer() {
    return switch (kind) {
      case EPOLL -> new EpollServerSocketChannel();
      case NIO -> new NioServerSocketChannel();
    };
  }

  private Channel tcp() {
    return switch (kind) {
      case EPOLL -> new EpollSocketChannel();
      case NIO -> new NioSocketChannel();
    };
  }

  /**
   * Listens on {@code listen}, for links of {@code reception}.
   *
   * @throws IOException if that cannot be listened on
   */
  Channel listen(Endpoint listen, Reception reception) throws IOException {
    ServerBootstrap server =
        new ServerBootstrap()
            .group(group)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.ALLOCATOR, allocator)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARKS)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel accepted) {
                    accepted
                        .pipeline()
                        .addLast(new AcceptedLink(accepted, loopOf(accepted), reception));
                  }
                });
    ChannelFuture bound;
    if (listen instanceof Endpoint.Unix unix) {
      requireUnixSockets(listen);
      bound = server.channelFactory(() -> unixServer(unix.path())).bind(address(unix));
    } else {
      bound =
          server
              .channelFactory(this::tcpServer)
              .childOption(ChannelOption.SO_KEEPALIVE, true)
              .childOption(ChannelOption.TCP_NODELAY, true)
              .bind(address((Endpoint.Tcp) listen));
    }
    bound.awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(
          "endpoint: " + listen + " cannot be listened on (expected: a free one)", bound.cause());
    }
    return bound.channel();
  }

  private Loop loopOf(Channel channel) {
    return requireNonNull(loops.get(channel.eventLoop()), "loop");
  }

  /** Returns how a link to {@code to} is made on {@code loop}, whose first handler is missing. */
  Bootstrap connector(Endpoint to, NettyLoop loop) {
    Bootstrap client =
        new Bootstrap()
            .group(loop.events())
            .option(ChannelOption.ALLOCATOR, allocator)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARKS)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Transport.CONNECT_TIMEOUT_MILLIS);
    if (to instanceof Endpoint.Unix) {
      requireUnixSockets(to);
      return client.channel(EpollDomainSocketChannel.class);
    }
    return client
        .channelFactory(this::tcp)
        .option(ChannelOption.SO_KEEPALIVE, true)
        .option(ChannelOption.TCP_NODELAY, true);
  }

  /**
   * Returns where {@code to} may be, in the order in which to try. Asks for names, which blocks.
   *
   * @throws UnknownHostException if its host has no address
   */
  static List<SocketAddress> addresses(Endpoint to) throws UnknownHostException {
    if (to instanceof Endpoint.Unix unix) {
      return List.of(address(unix));
    }
    Endpoint.Tcp tcp = (Endpoint.Tcp) to;
    return Stream.of(InetAddress.getAllByName(tcp.host()))
        .<SocketAddress>map(host -> new InetSocketAddress(host, tcp.port()))
        .toList();
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
    end(handshakes); // First: what runs there goes on on a loop.
    end(group);
  }

  private static void end(EventExecutorGroup threads) {
    threads
        .shutdownGracefully(/* quietPeriod= */ 0, CLOSE_TIMEOUT_SECONDS, SECONDS)
        .awaitUninterruptibly(CLOSE_TIMEOUT_SECONDS, SECONDS);
  }
}
