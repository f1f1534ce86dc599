package dev.tenon.transport;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;

import com.google.protobuf.ByteString;
import dev.tenon.core.SpiffeId;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One server and any number of channels to it, over real TLS and real sockets. */
final class Connections implements AutoCloseable {
  static final String HOST = "spiffe://test.example/host/h1";
  static final String PLUGIN = HOST + "/plugin/words/words-0123456789abcdef";
  static final String OTHER_PLUGIN = HOST + "/plugin/sums/sums-fedcba9876543210";
  static final PeerRule THE_HOST = PeerRule.exactly(SpiffeId.parse(HOST));
  static final PeerRule ITS_PLUGINS = PeerRule.pluginsOf((SpiffeId.OfHost) SpiffeId.parse(HOST));
  static final Endpoint LOOPBACK = new Endpoint.Tcp("127.0.0.1", 0);

  final Echoes echoes = new Echoes();
  final Transport serving;
  final Transport calling;
  private final List<ManagedChannel> channels = new ArrayList<>();

  /** Of its own: grpc-java does not give back the one that all servers share. */
  private final ExecutorService calls = Executors.newCachedThreadPool();

  private Speaker speaker = Speaker.GRPC_JAVA;
  private @Nullable Server server;
  private @Nullable Listening listening;
  private @Nullable Endpoint endpoint;

  Connections(TlsProvider serving, TlsProvider calling) {
    this(patient(serving), patient(calling));
  }

  /** Returns the usual transport, on which a handshake may take as long as a busy machine needs. */
  private static Transport patient(TlsProvider provider) {
    return patient(provider, TlsFloor.TLS_1_3);
  }

  /** Returns the same, which also speaks what {@code floor} allows. */
  static Transport patient(TlsProvider provider, TlsFloor floor) {
    return patient(
        provider, floor, new Transport.Patience(Duration.ofMinutes(1), Duration.ofMinutes(1)));
  }

  /** Returns a transport that waits as long for its clients as {@code patience} says. */
  static Transport patient(TlsProvider provider, TlsFloor floor, Transport.Patience patience) {
    Sockets.Kind kind = Sockets.Kind.preferred();
    PeerFaults.quieten();
    return new Transport(
        new Handshakes(provider, floor, InstantSource.system()),
        new Sockets(kind),
        kind == Sockets.Kind.EPOLL ? OwnUid.read() : -1,
        patience);
  }

  Connections(Transport serving, Transport calling) {
    this.serving = serving;
    this.calling = calling;
  }

  /** Has the ends speak HTTP/2 by {@code other}. */
  Connections over(Speaker other) {
    speaker = other;
    return this;
  }

  /** Returns a transport whose clock and user a test chooses. */
  static Transport transport(TlsProvider provider, InstantSource clock, int ownUid) {
    return new Transport(
        new Handshakes(provider, TlsFloor.TLS_1_3, clock),
        new Sockets(Sockets.Kind.preferred()),
        ownUid,
        Transport.Patience.DEFAULT);
  }

  Endpoint serve(Endpoint listen, ServerTls tls) throws IOException {
    return serve(listen, tls, Door.DEFAULT);
  }

  Endpoint serve(Endpoint listen, Supplier<Credentials> credentials, Door door) throws IOException {
    return serve(
        listen, new ServerTls(credentials, ServerTls.ClientAuth.REQUIRED, ITS_PLUGINS), door);
  }

  private Endpoint serve(Endpoint listen, ServerTls tls, Door door) throws IOException {
    Endpoint bound =
        switch (speaker) {
          case GRPC_JAVA -> {
            server =
                serving
                    .server(listen, tls, door)
                    .executor(calls)
                    .addService(echoes)
                    .intercept(echoes)
                    .build()
                    .start();
            yield Transport.boundEndpoint(listen, server);
          }
          case LINKS -> {
            listening =
                serving.listen(listen, tls, door, List.of(), link -> new LinkHttp2(link, echoes));
            yield listening.endpoint();
          }
        };
    endpoint = bound;
    return bound;
  }

  Endpoint serve(Endpoint listen, Supplier<Credentials> credentials) throws IOException {
    return serve(listen, new ServerTls(credentials, ServerTls.ClientAuth.REQUIRED, ITS_PLUGINS));
  }

  /** Makes one call on a new connection, and returns what came back. */
  String call(Supplier<Credentials> credentials, String payload) {
    return call(new ClientTls(credentials, THE_HOST, Dns.HOST), payload);
  }

  String call(ClientTls tls, String payload) {
    return call(tls, OptionalInt.empty(), payload);
  }

  /** Makes one call on a new connection to a server whose user is {@code serverUid}. */
  String call(ClientTls tls, OptionalInt serverUid, String payload) {
    Endpoint to = requireNonNull(endpoint);
    if (speaker == Speaker.GRPC_JAVA) {
      ManagedChannel channel = calling.channel(to, tls, serverUid).build();
      channels.add(channel);
      return call(channel, payload);
    }
    CompletableFuture<String> answer = new CompletableFuture<>();
    calling.connect(
        to,
        tls,
        serverUid,
        calling.loops().get(0),
        new LinkConnector() {
          @Override
          public Link.Receiver connected(Link link) {
            return new LinkCall(link, payload, answer);
          }

          @Override
          public void failed(Throwable cause) {
            answer.completeExceptionally(cause);
          }
        });
    try {
      return requireNonNull(answer.get(60, SECONDS));
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw Status.UNAVAILABLE.withCause(e).asRuntimeException();
    }
  }

  ManagedChannel connect(ClientTls tls) {
    ManagedChannel channel = calling.channel(requireNonNull(endpoint), tls).build();
    channels.add(channel);
    return channel;
  }

  static String call(ManagedChannel channel, String payload) {
    return EchoGrpc.newBlockingStub(channel)
        .withDeadlineAfter(60, SECONDS)
        .unary(EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8(payload)).build())
        .getPayload()
        .toStringUtf8();
  }

  Server server() {
    return requireNonNull(server);
  }

  /** Ends the server, with all that it has. */
  void stop() {
    if (listening != null) {
      listening.close();
    }
    if (server != null) {
      server.shutdownNow();
      try {
        server.awaitTermination(60, SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    stop();
    serving.close();
    calling.close();
    calls.shutdown();
  }
}
