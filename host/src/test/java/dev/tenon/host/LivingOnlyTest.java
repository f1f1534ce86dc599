package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.core.Version;
import dev.tenon.host.control.BackendChannels;
import dev.tenon.host.control.PluginRun;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.AnonymousInProcessSocketAddress;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Code of a plugin inside the host that goes on after its run has ended. */
class LivingOnlyTest {
  /**
   * Its stubs are useless from then on, for as long as it likes.
   *
   * <p>Row: LC-26
   */
  @Test
  void call_runHasEnded_notAuthenticatedAndNothingArrives() throws Exception {
    AnonymousInProcessSocketAddress address = new AnonymousInProcessSocketAddress();
    AtomicInteger arrived = new AtomicInteger();
    Server server =
        InProcessServerBuilder.forAddress(address)
            .directExecutor()
            .addService(new Counting(arrived))
            .build()
            .start();
    ManagedChannel channel = InProcessChannelBuilder.forAddress(address).directExecutor().build();
    PluginRun run = run(channel);
    EchoGrpc.EchoBlockingStub echo =
        EchoGrpc.newBlockingStub(channel).withInterceptors(new LivingOnly(run));
    try {
      var unused = echo.unary(EchoRequest.getDefaultInstance());
      run.ended("was stopped");

      assertThatThrownBy(() -> echo.unary(EchoRequest.getDefaultInstance()))
          .extracting(e -> Status.fromThrowable(e).getCode())
          .isEqualTo(Status.Code.UNAUTHENTICATED);
      assertThat(arrived).hasValue(1);
    } finally {
      channel.shutdownNow();
      server.shutdownNow();
    }
  }

  private static PluginRun run(ManagedChannel channel) {
    SpiffeId.OfHost host = new SpiffeId.OfHost(new TrustDomain("tenon.internal"), "h-1");
    RuntimeId id = new RuntimeId("inside-0123456789abcdef");
    return new PluginRun(
        new SpiffeId.OfPlugin(host, id), new Version("1.0.0"), new BackendChannels(() -> channel));
  }

  /** Counts what gets through. */
  private static final class Counting extends EchoGrpc.EchoImplBase {
    private final AtomicInteger arrived;

    Counting(AtomicInteger arrived) {
      this.arrived = arrived;
    }

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      arrived.incrementAndGet();
      response.onNext(EchoResponse.getDefaultInstance());
      response.onCompleted();
    }
  }
}
