package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.core.Plugin;
import dev.tenon.host.PluginHost;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls of the host's own, to a provider that never answers. */
class HostClientTest {
  private final BlockingQueue<Deadline> deadlines = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> cancelled = new LinkedBlockingQueue<>();
  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
    home.provides("tarpit", EchoGrpc.SERVICE_NAME);
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  private PluginHost start() throws Exception {
    return home.bareHost()
        .plugin(
            InJvm.of(
                Plugin.named("tarpit")
                    .version("1.0.0")
                    .provides(EchoGrpc.SERVICE_NAME, context -> new Tarpit())
                    .build()))
        .stopGrace(Duration.ofMillis(200)) // what it keeps never ends by itself
        .start();
  }

  /**
   * A unary call without a deadline has one of 30 s at the provider; a shorter one of the caller's
   * own ends the call.
   *
   * <p>Row: SD-9, RT-10
   */
  @Test
  void call_ofTarpit_hasDeadline() throws Exception {
    try (PluginHost host = start()) {
      var unlimited = host.client(EchoGrpc::newFutureStub).unary(EchoRequest.getDefaultInstance());
      Deadline deadline = deadlines.poll(60, TimeUnit.SECONDS);
      assertThat(deadline).isNotNull();
      assertThat(deadline.timeRemaining(TimeUnit.SECONDS)).isLessThanOrEqualTo(30);
      unlimited.cancel(true);

      assertThatThrownBy(
              () ->
                  host.client(EchoGrpc::newBlockingStub)
                      .withDeadlineAfter(300, TimeUnit.MILLISECONDS)
                      .unary(EchoRequest.getDefaultInstance()))
          .extracting(e -> Status.fromThrowable(e).getCode())
          .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }
  }

  /** The host is closed while calls run: they end, their callers are told, nothing hangs. */
  @Test
  void close_duringCalls_endsThem() throws Exception {
    PluginHost host = start();
    List<com.google.common.util.concurrent.ListenableFuture<EchoResponse>> calls =
        new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      calls.add(host.client(EchoGrpc::newFutureStub).unary(EchoRequest.getDefaultInstance()));
    }
    for (int i = 0; i < 20; i++) {
      assertThat(deadlines.poll(60, TimeUnit.SECONDS)).isNotNull();
    }
    EchoGrpc.EchoBlockingStub kept = host.client(EchoGrpc::newBlockingStub);

    host.close();

    for (var call : calls) {
      ExecutionException failure = catchThrowableOfType(ExecutionException.class, call::get);
      assertThat(Status.fromThrowable(failure).getCode())
          .isIn(Status.Code.UNAVAILABLE, Status.Code.CANCELLED);
      assertThat(cancelled.poll(60, TimeUnit.SECONDS)).isNotNull();
    }
    assertThatThrownBy(() -> kept.unary(EchoRequest.getDefaultInstance()))
        .extracting(e -> Status.fromThrowable(e).getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);
    assertThatThrownBy(() -> host.client(EchoGrpc::newBlockingStub))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("host: closed (expected: running)");
  }

  /** A typing error in a host shows when the stub is made, not when it is called. */
  @Test
  void client_ofServiceThatNobodyMayProvide_failsAtOnce() throws Exception {
    try (PluginHost host = home.bareHost().start()) {
      assertThatThrownBy(() -> host.client(OtherGrpc::newBlockingStub))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(OtherGrpc.SERVICE_NAME)
          .hasMessageContaining("(expected: a service that the policy lets some plugin provide");
    }
  }

  /** Takes calls and keeps them. */
  private final class Tarpit extends EchoGrpc.EchoImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      ((ServerCallStreamObserver<EchoResponse>) response)
          .setOnCancelHandler(() -> cancelled.add("call"));
      deadlines.add(Context.current().getDeadline());
    }
  }
}
