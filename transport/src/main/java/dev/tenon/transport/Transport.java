package dev.tenon.transport;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.DAYS;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import dev.tenon.core.Callback;
import dev.tenon.core.Grant;
import dev.tenon.core.OnBehalfOf;
import dev.tenon.transport.Handshakes.Checks;
import dev.tenon.transport.ServerTls.ClientAuth;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerTransportFilter;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Servers and channels over TLS on Unix sockets and TCP, with event loops of their own. A JVM may
 * have several. TLS 1.3, and 1.2 only by {@link TlsFloor}. Thread-safe.
 *
 * <p>Every connection checks its peer, with the credentials of the moment at which it is made; no
 * session is ever resumed.
 */
public final class Transport implements AutoCloseable {
  /**
   * Longest time from accept until TLS is done and the client's first SETTINGS are read;
   * grpc-java's default is 120 s.
   */
  static final Duration HANDSHAKE_LIMIT = Duration.ofSeconds(5);

  private static final Duration LAST_WORDS = Duration.ofMillis(250);

  /**
   * Longest time from there until the client has acknowledged our SETTINGS; RFC 9113, section
   * 6.5.3, lets us end the connection, and grpc-java waits forever.
   */
  static final Duration SETTINGS_LIMIT = Duration.ofSeconds(5);

  /** Most streams that a peer may reset in {@link #RST_WINDOW_SECONDS} (CVE-2023-44487). */
  static final int MAX_RST_FRAMES = 1_000;

  /**
   * As many for each call that it may have open at once, if that is more: who may have more calls
   * may change its mind about more.
   */
  static final int RST_FRAMES_PER_CALL = 10;

  static final int RST_WINDOW_SECONDS = 10;

  /** Most metadata of one call, in bytes, as RFC 9113, section 6.5.2, counts them. */
  public static final int MAX_METADATA_BYTES = 8 * 1024;

  /** Longest message. */
  public static final int MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

  /** Least time between two pings to a plugin's server; more of them end the connection. */
  static final int MIN_KEEP_ALIVE_SECONDS = 10;

  static final int CONNECT_TIMEOUT_MILLIS = 5_000;

  /** What must not stay in a table of HPACK (RFC 7541, section 7.1.3). */
  private static final List<Metadata.Key<String>> SECRET_METADATA =
      List.of(
          Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
          OnBehalfOf.HEADER,
          Grant.HEADER,
          Callback.HEADER);

  private final Handshakes handshakes;
  private final Sockets sockets;
  private final int ownUid;
  private final Patience patience;
  private final ConnectionCounters counters = new ConnectionCounters();

  /**
   * How long a client may take for the handshake, then to acknowledge our SETTINGS, and at the end
   * to read what was written to it before.
   */
  record Patience(Duration handshake, Duration settings, Duration lastWords) {
    static final Patience DEFAULT = new Patience(HANDSHAKE_LIMIT, SETTINGS_LIMIT);

    Patience(Duration handshake, Duration settings) {
      this(handshake, settings, LAST_WORDS);
    }
  }

  /**
   * @param ownUid the user whose processes may connect to Unix sockets
   */
  Transport(Handshakes handshakes, Sockets sockets, int ownUid, Patience patience) {
    this.handshakes = handshakes;
    this.sockets = sockets;
    this.ownUid = ownUid;
    this.patience = patience;
  }

  /**
   * Returns a transport with event loops of its own; {@link #close} ends them.
   *
   * @throws IllegalStateException if {@code provider} is not available here, or the Netty or
   *     grpc-java on the class path is too old
   */
  public static Transport create(TlsProvider provider) {
    return create(provider, InstantSource.system());
  }

  /**
   * Returns a transport as {@link #create(TlsProvider)} does, for which certificates begin and end
   * by {@code clock}.
   *
   * @throws IllegalStateException if {@code provider} is not available here
   */
  public static Transport create(TlsProvider provider, InstantSource clock) {
    return create(provider, TlsFloor.TLS_1_3, clock);
  }

  /**
   * Returns a transport as {@link #create(TlsProvider, InstantSource)} does, which also speaks what
   * {@code floor} allows.
   *
   * @throws IllegalStateException if {@code provider} is not available here
   */
  public static Transport create(TlsProvider provider, TlsFloor floor, InstantSource clock) {
    requireNonNull(provider, "provider");
    requireNonNull(floor, "floor");
    requireNonNull(clock, "clock");
    if (!provider.isAvailable()) {
      throw new IllegalStateException(
          "TLS provider: " + provider + " does not load here (expected: one that does)");
    }
    Libraries.require();
    PeerFaults.quieten();
    Sockets.Kind kind = Sockets.Kind.preferred();
    int ownUid = kind == Sockets.Kind.EPOLL ? OwnUid.read() : -1;
    return new Transport(
        new Handshakes(provider, floor, clock), new Sockets(kind), ownUid, Patience.DEFAULT);
  }

  /**
   * Returns the endpoint that {@code started}, built for {@code asked}, listens on; where {@code
   * asked} has port 0, the port that the system chose.
   *
   * @throws IllegalStateException if the server does not listen
   */
  public static Endpoint boundEndpoint(Endpoint asked, Server started) {
    requireNonNull(asked, "asked");
    for (SocketAddress address : started.getListenSockets()) {
      if (asked instanceof Endpoint.Tcp tcp && address instanceof InetSocketAddress bound) {
        return new Endpoint.Tcp(tcp.host(), bound.getPort());
      }
      return asked;
    }
    throw new IllegalStateException("server: not listening (expected: a started server)");
  }

  /** Returns a builder as {@link #server(Endpoint, ServerTls, Door)} does, with default limits. */
  public ServerBuilder<?> server(Endpoint listen, ServerTls tls) {
    return server(listen, tls, Door.DEFAULT);
  }

  /**
   * Returns a builder of a server that listens on {@code listen} and takes what comes through
   * {@code door}; calls find their {@link Peer}, {@link Source} and {@link Connection} among their
   * attributes. Limits are set and may be changed; TLS may not.
   *
   * <p>It should be given an executor: grpc-java's own, which all servers share, it does not give
   * back once it had a connection. With the JDK's TLS handshakes are computed there, too.
   *
   * @throws IllegalStateException if {@code listen} is a Unix socket and the system has none, or
   *     its directory is not private to our user; or a host that does not resolve
   */
  public ServerBuilder<?> server(Endpoint listen, ServerTls tls, Door door) {
    requireNonNull(listen, "listen");
    requireNonNull(tls, "tls");
    Doorkeeper doorkeeper = new Doorkeeper(door, counters);
    NettyServerBuilder builder =
        sockets.server(
            listen, Negotiation.server(threshold(listen, tls, Checks.ON_LOOP, door, doorkeeper)));
    builder.addTransportFilter(new EntrantFilter());
    ownFilters(tls, doorkeeper).forEach(builder::addTransportFilter);
    return builder
        .handshakeTimeout(patience.handshake().toMillis(), MILLISECONDS)
        .maxConcurrentCallsPerConnection(door.limits().callsPerConnection())
        .maxRstFramesPerWindow(
            Math.max(MAX_RST_FRAMES, RST_FRAMES_PER_CALL * door.limits().callsPerConnection()),
            RST_WINDOW_SECONDS)
        .maxInboundMetadataSize(MAX_METADATA_BYTES)
        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
        .permitKeepAliveTime(MIN_KEEP_ALIVE_SECONDS, SECONDS)
        .permitKeepAliveWithoutCalls(true)
        .neverIndexMetadataKeys(SECRET_METADATA);
  }

  private Threshold threshold(
      Endpoint listen, ServerTls tls, Checks checks, Door door, Doorkeeper doorkeeper) {
    if (listen instanceof Endpoint.Unix unix && sockets.kind() == Sockets.Kind.EPOLL) {
      SocketFile.requirePrivateDirectory(unix.path(), ownUid);
    }
    return new Threshold(
        tls.credentials(),
        (credentials, faults) -> handshakes.server(tls, credentials, checks, faults),
        new UidCheck(ownUid, door.users()),
        doorkeeper,
        handshakes.floor());
  }

  /** Returns the filters that every accepted connection passes first, in order. */
  private List<ServerTransportFilter> ownFilters(ServerTls tls, Doorkeeper doorkeeper) {
    Optional<PeerCheck> check =
        tls.clientAuth() == ClientAuth.REQUIRED
            ? Optional.of(handshakes.clientCheck(tls))
            : Optional.empty();
    return List.of(new PeerFilter(check), doorkeeper, new Beginnings(patience));
  }

  /**
   * Listens on {@code listen}, and gives what comes through {@code door} to {@code handler}: the
   * same connections, checked in the same way, as those of {@link #server(Endpoint, ServerTls,
   * Door)}, without anybody yet who speaks HTTP/2 on them.
   *
   * @param filters told of each connection that has {@linkplain Link#begun() begun}, in order, and
   *     of its end, on its loop
   * @throws IOException if the endpoint cannot be listened on
   * @throws IllegalStateException if {@code listen} is a Unix socket and the system has none, or
   *     its directory is not private to our user; or a host that does not resolve
   */
  public Listening listen(
      Endpoint listen,
      ServerTls tls,
      Door door,
      List<ServerTransportFilter> filters,
      LinkHandler handler)
      throws IOException {
    requireNonNull(listen, "listen");
    requireNonNull(tls, "tls");
    requireNonNull(handler, "handler");
    Doorkeeper doorkeeper = new Doorkeeper(door, counters);
    List<ServerTransportFilter> all = new ArrayList<>(ownFilters(tls, doorkeeper));
    all.addAll(filters);
    Reception reception =
        new Reception(
            threshold(listen, tls, Checks.AS_TASKS, door, doorkeeper),
            sockets.handshakes(),
            patience,
            door.limits().bytesPerSecond(),
            all,
            handler);
    return new Listening(sockets.listen(listen, reception), listen, reception);
  }

  /**
   * Makes a connection to {@code to} on {@code loop}, one of {@link #loops()}, and gives it to
   * {@code connector}. The same checks are made as by {@link #channel(Endpoint, ClientTls,
   * OptionalInt)}. Returns at once.
   *
   * @throws IllegalStateException if {@code to} is a Unix socket and the system has none
   * @throws java.util.concurrent.RejectedExecutionException if the transport is closed
   */
  public void connect(
      Endpoint to, ClientTls tls, OptionalInt serverUid, Loop loop, LinkConnector connector) {
    requireNonNull(to, "to");
    requireNonNull(tls, "tls");
    requireNonNull(serverUid, "serverUid");
    requireNonNull(connector, "connector");
    if (!(loop instanceof NettyLoop netty)) {
      throw new IllegalArgumentException("loop: " + loop + " (expected: one of a transport)");
    }
    Connecting.Target target = new Connecting.Target(to, tls, serverUid, handshakes, patience);
    new Connecting(sockets.connector(to, netty), netty, target, connector).begin();
  }

  /** Returns the event loops: on each of them there are links and whatever is given to it. */
  public List<Loop> loops() {
    return sockets.loops();
  }

  /**
   * Returns a builder of a channel to {@code to}. It stays connected while nothing is called.
   *
   * @throws IllegalStateException if {@code to} is a Unix socket and the system has none
   */
  public ManagedChannelBuilder<?> channel(Endpoint to, ClientTls tls) {
    return channel(to, tls, OptionalInt.empty());
  }

  /**
   * Returns a builder as {@link #channel(Endpoint, ClientTls)} does, whose connections over a Unix
   * socket are ended before the first byte unless the server that listens there is a process of the
   * user {@code serverUid}.
   *
   * @throws IllegalStateException if {@code to} is a Unix socket and the system has none
   */
  public ManagedChannelBuilder<?> channel(Endpoint to, ClientTls tls, OptionalInt serverUid) {
    requireNonNull(to, "to");
    requireNonNull(tls, "tls");
    requireNonNull(serverUid, "serverUid");
    return sockets
        .channel(
            to,
            Negotiation.client(
                ends -> handshakes.client(tls, ends),
                tls.serverName(),
                handshakes.floor(),
                serverUid))
        .overrideAuthority(tls.serverName())
        .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
        .maxInboundMetadataSize(MAX_METADATA_BYTES)
        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
        .neverIndexMetadataKeys(SECRET_METADATA)
        .idleTimeout(365, DAYS) // From 30 days on, grpc-java turns it off.
        .proxyDetector(address -> null) // No environment variable reroutes us.
        .disableServiceConfigLookUp();
  }

  /** Returns the TLS library in use. */
  public TlsProvider provider() {
    return handshakes.provider();
  }

  /** Returns our effective user id, by which Unix sockets know us; empty where there are none. */
  public OptionalInt ownUid() {
    return supportsUnixSockets() ? OptionalInt.of(ownUid) : OptionalInt.empty();
  }

  /** Returns whether servers can listen on Unix sockets here. */
  public boolean supportsUnixSockets() {
    return sockets.kind() == Sockets.Kind.EPOLL;
  }

  /** Returns, for the log of a start, what is in use. */
  public String describe() {
    String io =
        switch (sockets.kind()) {
          case EPOLL -> "epoll, Unix sockets and TCP";
          case NIO -> "NIO, TCP only";
        };
    return io + ", " + handshakes.floor().title() + " by " + provider().title();
  }

  /** Returns what became of the connections that its servers accepted. */
  public ConnectionCounts connectionCounts() {
    return counters.counts();
  }

  /** Returns how often a peer's certificate was checked in a handshake, over all connections. */
  long trustChecks() {
    return handshakes.trustChecks();
  }

  /** Ends every connection that is left and every thread; servers and channels are ended first. */
  @Override
  public void close() {
    sockets.close();
  }
}
