package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import dev.tenon.core.ConnectionLimits;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Connections that may carry so many bytes a second. The long form is {@code
 * -Dtenon.throughput=100}, in MB, at a tenth of that a second.
 */
@Timeout(300)
class ThroughputTest {
  private static final int MEGABYTES = Integer.getInteger("tenon.throughput", 2);
  private static final int MEGABYTE = 1_000_000;
  private static final long BYTES_PER_SECOND = Math.max(MEGABYTES / 10, 1) * (long) MEGABYTE;

  /** What a measurement may be wrong by: the first bytes count from when somebody looked. */
  private static final Duration SLACK = Duration.ofMillis(500);

  /** Which way the bytes go. */
  enum Way {
    SENT,
    RECEIVED
  }

  /**
   * What a plugin sends, and what it is sent, takes as long as the limit says, and others of its
   * host wait for nothing.
   *
   * <p>Row: DS-12
   */
  @ParameterizedTest
  @EnumSource
  void connection_limited_takesItsTimeAndOthersDoNot(Way way) throws Exception {
    ConnectionLimits limited = Generous.LIMITS.connections().withBytesPerSecond(BYTES_PER_SECOND);
    try (TestHost host =
        TestHost.withEcho(new Sized())
            .set(builder -> builder.limits(Generous.LIMITS.with(limited)))
            .enrolled("alpha")
            .enrolled("beta")
            .start()) {
      RawPlugin alpha = host.plugin("alpha");
      RawPlugin beta = host.plugin("beta");
      EchoGrpc.EchoFutureStub limitedStub = EchoGrpc.newFutureStub(alpha.data(alpha.bearer()));
      Channel other = beta.data(beta.bearer());
      EchoRequest megabyte =
          way == Way.SENT
              ? EchoRequest.newBuilder().setPayload(ByteString.copyFrom(new byte[MEGABYTE])).build()
              : EchoRequest.newBuilder().setRepeat(MEGABYTE).build();

      int others = 0;
      long begun = System.nanoTime();
      for (int i = 0; i < MEGABYTES; i++) {
        ListenableFuture<EchoResponse> call = limitedStub.unary(megabyte);
        while (!call.isDone()) {
          var unused =
              RawPlugin.deadline(EchoGrpc.newBlockingStub(other))
                  .unary(EchoRequest.getDefaultInstance());
          others++;
        }
        assertThat(call.get().getPayload().size()).isEqualTo(megabyte.getRepeat());
      }

      Duration took = Duration.ofNanos(System.nanoTime() - begun);
      Duration expected = Duration.ofSeconds(MEGABYTES * (long) MEGABYTE / BYTES_PER_SECOND);
      assertThat(took).isGreaterThan(expected.minus(SLACK));
      assertThat(others).isGreaterThan(MEGABYTES);
    }
  }

  /** Answers with as many bytes as it is asked for. */
  private static final class Sized extends EchoGrpc.EchoImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      response.onNext(
          EchoResponse.newBuilder()
              .setPayload(ByteString.copyFrom(new byte[request.getRepeat()]))
              .build());
      response.onCompleted();
    }
  }
}
