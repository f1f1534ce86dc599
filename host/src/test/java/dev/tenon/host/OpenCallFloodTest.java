package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.CallLimits;
import dev.tenon.core.ConnectionLimits;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A plugin that opens far more calls than it may, over real connections. */
class OpenCallFloodTest {
  private static final int STREAMS = 10_000;
  private static final Duration SOON = Duration.ofMinutes(2);

  /** What may be left on the heap that the collector has not got to; the flood itself is more. */
  private static final long NOISE_BYTES = 8L << 20;

  /** One call that its provider never ends. */
  private static final class Stream implements ClientResponseObserver<EchoRequest, EchoResponse> {
    private final Queue<Status> ends;
    private @Nullable ClientCallStreamObserver<EchoRequest> call;

    Stream(Queue<Status> ends) {
      this.ends = ends;
    }

    static Stream open(Channel channel, Queue<Status> ends) {
      Stream stream = new Stream(ends);
      EchoGrpc.newStub(channel).unary(OpenEcho.HANGING, stream);
      return stream;
    }

    void cancel() {
      if (call != null) {
        call.cancel("enough", /* cause= */ null);
      }
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<EchoRequest> started) {
      call = started;
    }

    @Override
    public void onNext(EchoResponse value) {}

    @Override
    public void onError(Throwable t) {
      ends.add(Status.fromThrowable(t));
    }

    @Override
    public void onCompleted() {
      ends.add(Status.OK);
    }
  }

  private static long heapAfterCollection() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static void assertServed(RawPlugin plugin) {
    assertThat(
            RawPlugin.deadline(EchoGrpc.newBlockingStub(plugin.data(plugin.bearer())))
                .unary(EchoRequest.getDefaultInstance()))
        .isNotNull();
  }

  /**
   * Ten thousand calls at once: as many as may be are open, the others are refused with what they
   * are over, another plugin is served all the while, and nothing of it stays.
   *
   * <p>Row: DS-11
   */
  @Test
  void call_tenThousandAtOnce_cappedAndOthersServedAndNothingStays() throws Exception {
    ConnectionLimits usual = Generous.LIMITS.connections();
    ConnectionLimits wide =
        new ConnectionLimits(
            usual.inTotal(),
            usual.perSource(),
            usual.perRun(),
            usual.handshakes(),
            ConnectionLimits.MAX_CALLS,
            usual.age());
    OpenEcho echo = new OpenEcho();
    try (TestHost host =
        TestHost.withEcho(echo)
            .set(builder -> builder.limits(Generous.LIMITS.with(wide)))
            .enrolled("alpha")
            .enrolled("beta")
            .start()) {
      RawPlugin alpha = host.plugin("alpha");
      RawPlugin beta = host.plugin("beta");
      assertServed(alpha);
      assertServed(beta);
      long before = heapAfterCollection();
      int most = CallLimits.DEFAULT.perCaller();

      for (int round = 0; round < 2; round++) {
        Queue<Status> ends = new ConcurrentLinkedQueue<>();
        List<Stream> streams = new ArrayList<>();
        for (int i = 0; i < STREAMS; i++) {
          streams.add(Stream.open(alpha.data(alpha.bearer()), ends));
          if (i % 1_000 == 0) {
            assertServed(beta);
          }
        }
        await().atMost(SOON).untilAsserted(() -> assertThat(ends).hasSize(STREAMS - most));
        assertServed(beta);
        assertThat(ends)
            .allMatch(
                end ->
                    end.getCode() == Status.Code.RESOURCE_EXHAUSTED
                        && "limit reached: open calls of this caller".equals(end.getDescription()));

        streams.forEach(Stream::cancel);
        await().atMost(SOON).until(() -> echo.open.get() == 0 && ends.size() == STREAMS);
        assertServed(alpha);
      }

      host.hooked().events.clear(); // The test's own copy: a record for each refusal.
      await().atMost(SOON).until(() -> heapAfterCollection() < before + NOISE_BYTES);
    }
  }
}
