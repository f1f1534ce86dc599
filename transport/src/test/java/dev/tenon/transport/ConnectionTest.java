package dev.tenon.transport;

import static dev.tenon.transport.ServedConnections.connectionOf;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.stub.StreamObserver;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections that the serving side ends. */
final class ConnectionTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  private ServedConnections served;

  @BeforeEach
  void serve() throws IOException {
    served = new ServedConnections();
  }

  @AfterEach
  void stop() throws InterruptedException {
    served.close();
  }

  /** What a call was ended with is on its way before the connection ends. */
  @Test
  void close_afterACallWasEnded_itsStatusArrives() throws Exception {
    ManagedChannel channel = served.connect();
    Ending ending = new Ending();
    EchoGrpc.newStub(channel).bidi(ending).onNext(EchoRequest.getDefaultInstance());
    ServerCall<?, ?> call = served.nextCall();

    call.close(Status.UNAUTHENTICATED, new Metadata());
    connectionOf(call).close();

    assertThat(ending.code()).isEqualTo(Code.UNAUTHENTICATED);
    await().atMost(SOON).until(served.living::isEmpty);
    channel.shutdownNow();
  }

  /** Also where grpc-java is writing at that moment, and will write the rest in its next turn. */
  @Test
  void close_afterACallWasEndedDuringAWrite_itsStatusArrives() throws Exception {
    ManagedChannel channel = served.connect();
    Ending first = new Ending();
    EchoGrpc.newStub(channel).bidi(first).onNext(EchoRequest.getDefaultInstance());
    ServerCall<?, ?> firstCall = served.nextCall();
    Ending second = new Ending();
    EchoGrpc.newStub(channel).bidi(second).onNext(EchoRequest.getDefaultInstance());
    ServerCall<?, ?> secondCall = served.nextCall();
    HeldFlush held = new HeldFlush();
    connectionOf(firstCall).channel().pipeline().addFirst(held);

    firstCall.close(Status.UNAUTHENTICATED, new Metadata());
    assertThat(held.begun.await(20, SECONDS)).isTrue();
    secondCall.close(Status.UNAUTHENTICATED, new Metadata());
    connectionOf(secondCall).close();
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
    served.servePatiently();
    ManagedChannel channel = served.connect();
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
    ServerCall<?, ?> call = served.nextCall();
    await().atMost(SOON).during(Duration.ofMillis(200)).until(() -> !call.isReady());

    call.close(Status.UNAUTHENTICATED, new Metadata());
    connectionOf(call).close();
    reader.request(Integer.MAX_VALUE);

    assertThat(ended.get(60, SECONDS)).isEqualTo(Code.UNAUTHENTICATED);
    await().atMost(SOON).until(served.living::isEmpty);
    channel.shutdownNow();
  }

  /** From then on the connection takes no call; a client makes it on another. */
  @Test
  void close_withOpenStream_nextCallIsOnAnotherConnection() throws Exception {
    ManagedChannel channel = served.connect();
    Ending ending = new Ending();
    EchoGrpc.newStub(channel).bidi(ending).onNext(EchoRequest.getDefaultInstance());
    Connection ended = connectionOf(served.nextCall());

    ended.close();
    await().atMost(SOON).until(() -> channel.getState(false) != ConnectivityState.READY);
    Ending next = new Ending();
    StreamObserver<EchoRequest> requests = EchoGrpc.newStub(channel).bidi(next);
    requests.onNext(EchoRequest.getDefaultInstance());

    assertThat(connectionOf(served.nextCall())).isNotSameAs(ended);
    requests.onCompleted();
    assertThat(next.code()).isEqualTo(Code.OK);
    channel.shutdownNow();
  }

  /** A stream that was left open is lost; other connections are not. */
  @Test
  void close_withOpenStream_endsThatConnectionAlone() throws Exception {
    ManagedChannel first = served.connect();
    ManagedChannel second = served.connect();
    Ending ending = new Ending();
    EchoGrpc.newStub(first).bidi(ending).onNext(EchoRequest.getDefaultInstance());
    Connection ended = connectionOf(served.nextCall());
    Ending other = new Ending();
    StreamObserver<EchoRequest> requests = EchoGrpc.newStub(second).bidi(other);
    requests.onNext(EchoRequest.getDefaultInstance());
    Connection left = connectionOf(served.nextCall());

    ended.close();

    assertThat(ending.code()).isEqualTo(Code.UNAVAILABLE);
    await().atMost(SOON).until(() -> !served.living.contains(ended));
    assertThat(served.living).containsExactly(left);
    requests.onCompleted();
    assertThat(other.code()).isEqualTo(Code.OK);
    first.shutdownNow();
    second.shutdownNow();
  }

  @Test
  void closeNow_withOpenStream_endsTheConnection() throws Exception {
    ManagedChannel channel = served.connect();
    Ending ending = new Ending();
    EchoGrpc.newStub(channel).bidi(ending).onNext(EchoRequest.getDefaultInstance());
    Connection connection = connectionOf(served.nextCall());

    connection.closeNow();
    connection.closeNow();
    connection.close();

    assertThat(ending.code()).isEqualTo(Code.UNAVAILABLE);
    await().atMost(SOON).until(served.living::isEmpty);
    channel.shutdownNow();
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
