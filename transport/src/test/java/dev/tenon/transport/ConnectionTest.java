package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.LOOPBACK;
import static dev.tenon.transport.Connections.PLUGIN;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections that the serving side ends. */
final class ConnectionTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  private final TestAuthority hosts = new TestAuthority();
  private final TestAuthority plugins = new TestAuthority();
  private final Credentials host = hosts.leaf(HOST, Dns.HOST).credentials(plugins);
  private final Credentials plugin = plugins.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);
  private Transport transport = Transport.create(TlsProvider.preferred());
  private final Set<Connection> living = ConcurrentHashMap.newKeySet();
  private final LinkedBlockingQueue<ServerCall<?, ?>> calls = new LinkedBlockingQueue<>();
  private Server server;
  private Endpoint endpoint;

  @BeforeEach
  void serve() throws IOException {
    ServerTls tls =
        new ServerTls(() -> host, ServerTls.ClientAuth.REQUIRED, Connections.ITS_PLUGINS);
    server =
        transport
            .server(LOOPBACK, tls)
            .addTransportFilter(new Living())
            .intercept(new Calls())
            .addService(new Endless())
            .build()
            .start();
    endpoint = Transport.boundEndpoint(LOOPBACK, server);
  }

  private void servePatiently() throws Exception {
    stop();
    Duration minute = Duration.ofMinutes(1);
    transport =
        Connections.patient(
            TlsProvider.preferred(),
            TlsFloor.TLS_1_3,
            new Transport.Patience(minute, minute, /* lastWords= */ minute));
    serve();
  }

  @AfterEach
  void stop() throws InterruptedException {
    server.shutdownNow().awaitTermination(60, SECONDS);
    transport.close();
  }

  private ManagedChannel connect() {
    return transport
        .channel(endpoint, new ClientTls(() -> plugin, Connections.THE_HOST, Dns.HOST))
        .build();
  }

  private ServerCall<?, ?> nextCall() throws InterruptedException {
    return requireNonNull(calls.poll(20, SECONDS), "call");
  }

  private static Connection of(ServerCall<?, ?> call) {
    return requireNonNull(call.getAttributes().get(Connection.KEY), "connection");
  }

  /** What a call was ended with is on its way before the connection ends. */
  @Test
  void close_afterACallWasEnded_itsStatusArrives() throws Exception {
    ManagedChannel channel = connect();
    Ending ending = new Ending();
    EchoGrpc.newStub(channel).bidi(ending).onNext(EchoRequest.getDefaultInstance());
    ServerCall<?, ?> call = nextCall();

    call.close(Status.UNAUTHENTICATED, new Metadata());
    of(call).close();

    assertThat(ending.code()).isEqualTo(Code.UNAUTHENTICATED);
    await().atMost(SOON).until(living::isEmpty);
    channel.shutdownNow();
  }

  /** Also where grpc-java is writing at that moment, and will write the rest in its next turn. */
  @Test
  void close_afterACallWasEndedDuringAWrite_itsStatusArrives() throws Exception {
    ManagedChannel channel = connect();
    Ending first = new Ending();
    EchoGrpc.newStub(channel).bidi(first).onNext(EchoRequest.getDefaultInstance());
    ServerCall<?, ?> firstCall = nextCall();
    Ending second = new Ending();
    EchoGrpc.newStub(channel).bidi(second).onNext(EchoRequest.getDefaultInstance());
    ServerCall<?, ?> secondCall = nextCall();
    HeldFlush held = new HeldFlush();
    of(firstCall).channel().pipeline().addFirst(held);

    firstCall.close(Status.UNAUTHENTICATED, new Metadata());
    assertThat(held.begun.await(20, SECONDS)).isTrue();
    secondCall.close(Status.UNAUTHENTICATED, new Metadata());
    of(secondCall).close();
    held.release.countDown();

    assertThat(first.code()).isEqualTo(Code.UNAUTHENTICATED);
    assertThat(second.code()).isEqualTo(Code.UNAUTHENTICATED);
    channel.shutdownNow();
  }

  /** Holds the event loop in the first flush that it sees. */
  private static final class HeldFlush extends ChannelOutboundHandlerAdapter {
    final CountDownLatch begun = new CountDownLatch(1);
    final CountDownLatch release = new CountDownLatch(1);

    @Override
    public void flush(ChannelHandlerContext context) throws Exception {
      begun.countDown();
      assertThat(release.await(20, SECONDS)).isTrue();
      super.flush(context);
    }
  }

  /**
   * Where the client has no room for all that was written, what the call was ended with waits
   * behind it, and comes when the client reads.
   */
  @Test
  void close_afterACallWasEndedBehindAFullWindow_itsStatusArrives() throws Exception {
    servePatiently();
    ManagedChannel channel = connect();
    CompletableFuture<Code> ended = new CompletableFuture<>();
    ClientCall<EchoRequest, EchoResponse> reader =
        channel.newCall(EchoGrpc.getServerStreamMethod(), CallOptions.DEFAULT);
    reader.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            ended.complete(status.getCode());
          }
        },
        new Metadata());
    reader.sendMessage(EchoRequest.getDefaultInstance());
    reader.halfClose();
    ServerCall<?, ?> call = nextCall();
    await().atMost(SOON).during(Duration.ofMillis(200)).until(() -> !call.isReady());

    call.close(Status.UNAUTHENTICATED, new Metadata());
    of(call).close();
    reader.request(Integer.MAX_VALUE);

    assertThat(ended.get(60, SECONDS)).isEqualTo(Code.UNAUTHENTICATED);
    await().atMost(SOON).until(living::isEmpty);
    channel.shutdownNow();
  }

  /** From then on the connection takes no call; a client makes it on another. */
  @Test
  void close_withOpenStream_nextCallIsOnAnotherConnection() throws Exception {
    ManagedChannel channel = connect();
    Ending ending = new Ending();
    EchoGrpc.newStub(channel).bidi(ending).onNext(EchoRequest.getDefaultInstance());
    Connection ended = of(nextCall());

    ended.close();
    await().atMost(SOON).until(() -> channel.getState(false) != ConnectivityState.READY);
    Ending next = new Ending();
    StreamObserver<EchoRequest> requests = EchoGrpc.newStub(channel).bidi(next);
    requests.onNext(EchoRequest.getDefaultInstance());

    assertThat(of(nextCall())).isNotSameAs(ended);
    requests.onCompleted();
    assertThat(next.code()).isEqualTo(Code.OK);
    channel.shutdownNow();
  }

  /** A stream that was left open is lost; other connections are not. */
  @Test
  void close_withOpenStream_endsThatConnectionAlone() throws Exception {
    ManagedChannel first = connect();
    ManagedChannel second = connect();
    Ending ending = new Ending();
    EchoGrpc.newStub(first).bidi(ending).onNext(EchoRequest.getDefaultInstance());
    Connection ended = of(nextCall());
    Ending other = new Ending();
    StreamObserver<EchoRequest> requests = EchoGrpc.newStub(second).bidi(other);
    requests.onNext(EchoRequest.getDefaultInstance());
    Connection left = of(nextCall());

    ended.close();

    assertThat(ending.code()).isEqualTo(Code.UNAVAILABLE);
    await().atMost(SOON).until(() -> !living.contains(ended));
    assertThat(living).containsExactly(left);
    requests.onCompleted();
    assertThat(other.code()).isEqualTo(Code.OK);
    first.shutdownNow();
    second.shutdownNow();
  }

  @Test
  void closeNow_withOpenStream_endsTheConnection() throws Exception {
    ManagedChannel channel = connect();
    Ending ending = new Ending();
    EchoGrpc.newStub(channel).bidi(ending).onNext(EchoRequest.getDefaultInstance());
    Connection connection = of(nextCall());

    connection.closeNow();
    connection.closeNow();
    connection.close();

    assertThat(ending.code()).isEqualTo(Code.UNAVAILABLE);
    await().atMost(SOON).until(living::isEmpty);
    channel.shutdownNow();
  }

  /**
   * A client that writes on when our side has ended, as one does that takes note of the end of one
   * of its calls, reads what it was told before, to the end: it is not reset.
   */
  @Test
  void close_peerWritesBeforeItReads_itReadsAllThereIs() throws Exception {
    servePatiently();
    try (Socket socket = new RawTls(plugin, hosts.bundle()).connect(endpoint)) {
      socket.getOutputStream().write(RawTls.request("/testservice.v1.Echo/Bidi"));
      socket.getOutputStream().flush();
      ServerCall<?, ?> call = nextCall();
      Connection connection = of(call);
      CountDownLatch isSilent = new CountDownLatch(1);
      connection.channel().pipeline().addFirst(new Silence(isSilent));

      call.close(Status.UNAUTHENTICATED, new Metadata());
      connection.close();
      assertThat(isSilent.await(60, SECONDS)).isTrue();
      byte[] noise = new byte[9 * 100]; // no frames that mean anything: SETTINGS of no length
      for (int frame = 3; frame < noise.length; frame += 9) {
        noise[frame] = 4;
      }
      socket.getOutputStream().write(noise);
      socket.getOutputStream().flush();

      String read = new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
      assertThat(read).contains("grpc-status");
    }
    await().atMost(SOON).until(living::isEmpty);
  }

  /** Tells when nothing more is written: the direction, or the whole connection, has ended. */
  private static final class Silence extends ChannelDuplexHandler {
    private final CountDownLatch isSilent;

    Silence(CountDownLatch isSilent) {
      this.isSilent = isSilent;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
      if (event instanceof ChannelOutputShutdownEvent) {
        isSilent.countDown();
      }
      super.userEventTriggered(context, event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
      isSilent.countDown();
      super.channelInactive(context);
    }
  }

  /** A client that never ends its side does not keep the connection. */
  @Test
  void close_peerDoesNotEndItsSide_endsNonetheless() throws Exception {
    try (Socket socket = new RawTls(plugin, hosts.bundle()).connect(endpoint)) {
      socket.getOutputStream().write(RawTls.request("/testservice.v1.Echo/Bidi"));
      socket.getOutputStream().flush();
      ServerCall<?, ?> call = nextCall();

      call.close(Status.UNAUTHENTICATED, new Metadata());
      of(call).close();

      await().atMost(SOON).until(living::isEmpty);
      assertThat(socket.isClosed()).isFalse();
    }
  }

  /** A peer that does not read what it asked for cannot hold its connection. */
  @Test
  void close_peerDoesNotRead_endsNonetheless() throws Exception {
    try (Socket socket = new RawTls(plugin, hosts.bundle()).connect(endpoint)) {
      socket.getOutputStream().write(RawTls.request("/testservice.v1.Echo/ServerStream"));
      socket.getOutputStream().flush();
      ServerCall<?, ?> call = nextCall();
      // Full for good: what is sent has nowhere to go.
      await()
          .atMost(SOON)
          .during(Duration.ofMillis(500))
          .until(() -> !call.isReady() && living.size() == 1);

      of(call).close();

      await().atMost(SOON).until(living::isEmpty);
    }
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

  /** Streams for as long as there is room. */
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

  /** How a call ends. */
  private static final class Ending implements StreamObserver<EchoResponse> {
    private final CompletableFuture<Code> code = new CompletableFuture<>();

    Code code() throws Exception {
      return code.get(20, SECONDS);
    }

    @Override
    public void onNext(EchoResponse value) {}

    @Override
    public void onError(Throwable t) {
      code.complete(Status.fromThrowable(t).getCode());
    }

    @Override
    public void onCompleted() {
      code.complete(Code.OK);
    }
  }
}
