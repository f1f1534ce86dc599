package dev.tenon.host.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.v1.RegistryGrpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which calls a timer waits for. */
class StreamTimeoutTest {
  private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
  private final CallTimeout timeout = new CallTimeout(Duration.ofHours(1), timer);

  StreamTimeoutTest() {
    timer.setRemoveOnCancelPolicy(true);
  }

  @AfterEach
  void close() {
    timer.shutdownNow();
  }

  private <Q, R> ServerCall.Listener<Q> start(MethodDescriptor<Q, R> method) {
    return timeout.interceptCall(
        new SilentCall<>(method),
        new Metadata(),
        (call, headers) -> new ServerCall.Listener<>() {});
  }

  /** A watch lasts; but only once its request is there. Row: RG-16. */
  @Test
  void call_answeredWithAStream_timedUntilItsRequestIsThere() {
    var watch = start(RegistryGrpc.getWatchMethod());
    assertThat(timer.getQueue()).hasSize(1);

    watch.onHalfClose();

    assertThat(timer.getQueue()).isEmpty();
  }

  @Test
  void call_answeredWithOneMessage_timedUntilItsEnd() {
    var discover = start(RegistryGrpc.getDiscoverMethod());
    discover.onHalfClose();
    assertThat(timer.getQueue()).hasSize(1);

    discover.onComplete();

    assertThat(timer.getQueue()).isEmpty();
  }

  /** A call that goes nowhere. */
  private static final class SilentCall<Q, R> extends ServerCall<Q, R> {
    private final MethodDescriptor<Q, R> method;

    SilentCall(MethodDescriptor<Q, R> method) {
      this.method = method;
    }

    @Override
    public void request(int numMessages) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void sendMessage(R message) {}

    @Override
    public void close(Status status, Metadata trailers) {}

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<Q, R> getMethodDescriptor() {
      return method;
    }
  }
}
