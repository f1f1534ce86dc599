package dev.tenon.host.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The server's own limit on the time of a call. */
final class CallTimeoutTest {
  private final AtomicInteger handled = new AtomicInteger();
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private Server server;
  private ManagedChannel channel;

  @BeforeEach
  void open() throws Exception {
    String name = InProcessServerBuilder.generateName();
    server =
        InProcessServerBuilder.forName(name)
            .addService(new Echo())
            .intercept(new CallTimeout(Duration.ofMillis(200), timer))
            .build()
            .start();
    channel = InProcessChannelBuilder.forName(name).build();
  }

  @AfterEach
  void close() {
    channel.shutdownNow();
    server.shutdownNow();
    timer.shutdownNow();
  }

  /** Attack H10: a call whose message never comes, and which has no deadline. */
  @Test
  void call_withoutItsMessage_isEndedByTheServer() throws Exception {
    CompletableFuture<Status> end = new CompletableFuture<>();
    ClientCall<EchoRequest, EchoResponse> call =
        channel.newCall(EchoGrpc.getUnaryMethod(), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            end.complete(status);
          }
        },
        new Metadata());
    call.request(1);

    Status status = end.get(60, TimeUnit.SECONDS);

    assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(status.getDescription()).isEqualTo("call took too long");
    assertThat(handled).hasValue(0);
  }

  /** A call that is quick is not touched. */
  @Test
  void call_withItsMessage_isAnswered() {
    EchoResponse answer = EchoGrpc.newBlockingStub(channel).unary(EchoRequest.getDefaultInstance());

    assertThat(answer).isEqualTo(EchoResponse.getDefaultInstance());
    assertThat(handled).hasValue(1);
  }

  private final class Echo extends EchoGrpc.EchoImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      handled.incrementAndGet();
      response.onNext(EchoResponse.getDefaultInstance());
      response.onCompleted();
    }
  }
}
