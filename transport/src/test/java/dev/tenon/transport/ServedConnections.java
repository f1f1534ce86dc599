package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.LOOPBACK;
import static dev.tenon.transport.Connections.PLUGIN;
import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;

import com.google.protobuf.ByteString;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Attributes;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;

/** A server whose connections and calls a test gets to see, and a plugin that may connect. */
final class ServedConnections {
  private final TestAuthority hosts = new TestAuthority();
  private final TestAuthority plugins = new TestAuthority();
  private final Credentials host = hosts.leaf(HOST, Dns.HOST).credentials(plugins);
  private final Credentials plugin = plugins.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);
  private Transport transport = Transport.create(TlsProvider.preferred());

  /** Connections that have not ended. */
  final Set<Connection> living = ConcurrentHashMap.newKeySet();

  private final LinkedBlockingQueue<ServerCall<?, ?>> calls = new LinkedBlockingQueue<>();
  private ExecutorService executor;
  private Server server;
  private Endpoint endpoint;

  ServedConnections() throws IOException {
    serve();
  }

  private void serve() throws IOException {
    ServerTls tls =
        new ServerTls(() -> host, ServerTls.ClientAuth.REQUIRED, Connections.ITS_PLUGINS);
    executor = Executors.newCachedThreadPool();
    server =
        transport
            .server(LOOPBACK, tls)
            .executor(executor)
            .addTransportFilter(new Living())
            .intercept(new Calls())
            .addService(new Endless())
            .build()
            .start();
    endpoint = Transport.boundEndpoint(LOOPBACK, server);
  }

  /** Serves anew, with a minute for each step of a connection. */
  void servePatiently() throws Exception {
    close();
    Duration minute = Duration.ofMinutes(1);
    transport =
        Connections.patient(
            TlsProvider.preferred(),
            TlsFloor.TLS_1_3,
            new Transport.Patience(minute, minute, /* lastWords= */ minute));
    serve();
  }

  /** Ends the server with what it has. */
  void close() throws InterruptedException {
    server.shutdownNow().awaitTermination(60, SECONDS);
    transport.close();
    executor.shutdown();
  }

  /** Returns a channel of the plugin. */
  ManagedChannel connect() {
    return transport
        .channel(endpoint, new ClientTls(() -> plugin, Connections.THE_HOST, Dns.HOST))
        .build();
  }

  /** Returns a raw connection of the plugin, which writes and reads what a test wants. */
  Socket connectRaw() throws Exception {
    return new RawTls(plugin, hosts.bundle()).connect(endpoint);
  }

  /** Returns the next call that came. */
  ServerCall<?, ?> nextCall() throws InterruptedException {
    return requireNonNull(calls.poll(20, SECONDS), "call");
  }

  /** Returns the connection of {@code call}. */
  static Connection connectionOf(ServerCall<?, ?> call) {
    return requireNonNull(call.getAttributes().get(Connection.KEY), "connection");
  }

  /** Knows the connections that have not ended. */
  private final class Living extends ServerTransportFilter {
    @Override
    public Attributes transportReady(Attributes attributes) {
      living.add(requireNonNull(attributes.get(Connection.KEY)));
      return attributes;
    }

    @Override
    public void transportTerminated(Attributes attributes) {
      living.remove(requireNonNull(attributes.get(Connection.KEY)));
    }
  }

  /** Gives the test each call. */
  private final class Calls implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      calls.add(call);
      return next.startCall(call, headers);
    }
  }

  /** Streams for as long as there is room, ends when it is told to, or never. */
  private static final class Endless extends EchoGrpc.EchoImplBase {
    private static final EchoResponse ANSWER =
        EchoResponse.newBuilder().setPayload(ByteString.copyFrom(new byte[1 << 20])).build();

    @Override
    public void serverStream(EchoRequest request, StreamObserver<EchoResponse> out) {
      ServerCallStreamObserver<EchoResponse> stream = (ServerCallStreamObserver<EchoResponse>) out;
      stream.setOnCancelHandler(() -> {});
      stream.setOnReadyHandler(
          () -> {
            while (stream.isReady() && !stream.isCancelled()) {
              stream.onNext(ANSWER);
            }
          });
    }

    @Override
    public StreamObserver<EchoRequest> clientStream(StreamObserver<EchoResponse> out) {
      ((ServerCallStreamObserver<EchoResponse>) out).setOnCancelHandler(() -> {});
      return new Silent();
    }

    @Override
    public StreamObserver<EchoRequest> bidi(StreamObserver<EchoResponse> out) {
      ((ServerCallStreamObserver<EchoResponse>) out).setOnCancelHandler(() -> {});
      return new StreamObserver<>() {
        @Override
        public void onNext(EchoRequest request) {}

        @Override
        public void onError(Throwable t) {}

        @Override
        public void onCompleted() {
          out.onCompleted();
        }
      };
    }
  }

  /** Leaves the end of its call to the test. */
  private static final class Silent implements StreamObserver<EchoRequest> {
    @Override
    public void onNext(EchoRequest request) {}

    @Override
    public void onError(Throwable t) {}

    @Override
    public void onCompleted() {}
  }
}
