package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.core.Refusal;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is too much for a call: refused before the provider hears of it, or held back. */
class MessageLimitTest {
  private static final int MOST = 64 * 1024;
  private static final int CHUNK = 16 * 1024;

  /** More than all windows between provider and caller hold, less than what runs away. */
  private static final int MOST_UNREAD = 16 * 1024 * 1024;

  private static final Duration SOON = Duration.ofMinutes(2);
  private static final String POLICY =
      """
      [[provide]]
      plugin = "provider"
      services = ["testservice.v1.Echo"]

      [[rule]]
      id = "echo"
      effect = "allow"
      caller = "*"
      service = "testservice.v1.Echo"
      """;

  /** Counts its calls, and streams as fast as it is let. */
  private static final class Provider extends EchoGrpc.EchoImplBase {
    final AtomicInteger handled = new AtomicInteger();
    final AtomicInteger sent = new AtomicInteger();

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      handled.incrementAndGet();
      response.onNext(EchoResponse.getDefaultInstance());
      response.onCompleted();
    }

    @Override
    public void serverStream(EchoRequest request, StreamObserver<EchoResponse> response) {
      ServerCallStreamObserver<EchoResponse> stream =
          (ServerCallStreamObserver<EchoResponse>) response;
      stream.setOnReadyHandler(
          () -> {
            while (stream.isReady() && !stream.isCancelled()) {
              sent.incrementAndGet();
              stream.onNext(
                  EchoResponse.newBuilder()
                      .setPayload(ByteString.copyFrom(new byte[CHUNK]))
                      .build());
            }
          });
    }
  }

  private final Provider provider = new Provider();

  private TestHost start(HostLimits limits) throws Exception {
    return start(limits, /* asked= */ 0);
  }

  private TestHost start(HostLimits limits, int asked) throws Exception {
    return TestHost.with(POLICY)
        .set(builder -> builder.maxMessageBytes(MOST).limits(limits))
        .scripted(
            "provider",
            RawRuntime.Tree.NONE,
            plugin -> {
              var unused =
                  plugin.enrol(
                      plugin
                          .enrolRequest()
                          .addProvides("testservice.v1.Echo")
                          .setMaxMessageBytes(asked)
                          .build());
              plugin.serve(provider);
              var unusedId = plugin.register("testservice.v1.Echo");
              plugin.healthy();
            })
        .enrolled("alpha")
        .enrolled("beta")
        .start();
  }

  private static EchoRequest ofBytes(int payload) {
    return EchoRequest.newBuilder().setPayload(ByteString.copyFrom(new byte[payload])).build();
  }

  private static void call(Channel channel, EchoRequest request) {
    var unused = RawPlugin.deadline(EchoGrpc.newBlockingStub(channel)).unary(request);
  }

  /**
   * A message over the limit never reaches its provider, and the connection serves on.
   *
   * <p>Row: DS-9, DS-13
   */
  @Test
  void call_messageOverTheLimit_exhaustedAndNeverHandled() throws Exception {
    try (TestHost host = start(Generous.LIMITS)) {
      RawPlugin alpha = host.plugin("alpha");
      Channel data = alpha.data(alpha.bearer());
      call(data, ofBytes(MOST - 16));
      assertThat(provider.handled).hasValue(1);

      assertThat(Refused.by(() -> call(data, ofBytes(MOST))).code())
          .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);

      assertThat(provider.handled).hasValue(1);
      call(data, ofBytes(1));
    }
  }

  /**
   * What a plugin asked for holds although nothing but the host keeps to it: neither its server nor
   * its connections do here.
   *
   * <p>Row: HS-16
   */
  @Test
  void call_messageOverWhatWasAgreedOn_exhaustedAndNeverHandled() throws Exception {
    try (TestHost host = start(Generous.LIMITS, MOST / 2)) {
      RawPlugin alpha = host.plugin("alpha");
      Channel data = alpha.data(alpha.bearer());
      call(data, ofBytes(MOST / 2 - 16));
      assertThat(provider.handled).hasValue(1);

      Refused refused = Refused.by(() -> call(data, ofBytes(MOST / 2 + 1)));

      assertThat(refused.is(Refusal.LIMIT_REACHED)).isTrue();
      assertThat(provider.handled).hasValue(1);
      call(data, ofBytes(1));
    }
  }

  /**
   * What is over the rate is refused as that, whatever its token is; what is within the rate and
   * has no token as that, whatever its size is: each check comes before the one that costs more.
   *
   * <p>Row: DS-13
   */
  @Test
  void call_wrongInEveryWay_refusedByTheCheapestCheck() throws Exception {
    try (TestHost host = start(Generous.LIMITS.with(Limited.CALL, new Rate(0.000_001, 2)))) {
      RawPlugin alpha = host.plugin("alpha");
      Channel stranger = alpha.data("Bearer tnr_" + "A".repeat(43));
      for (int i = 0; i < 2; i++) {
        assertThat(Refused.by(() -> call(stranger, ofBytes(MOST))))
            .matches(refused -> refused.is(Refusal.NOT_AUTHENTICATED));
      }
      assertThat(Refused.by(() -> call(stranger, ofBytes(MOST))))
          .matches(refused -> refused.is(Refusal.RATE_LIMITED));
      assertThat(provider.handled).hasValue(0);
    }
  }

  /**
   * A caller that does not read what it asked for holds its provider up, and nobody's memory grows.
   *
   * <p>Row: DS-10
   */
  @Test
  void call_callerDoesNotRead_providerHeldUpAndOthersServed() throws Exception {
    try (TestHost host = start(Generous.LIMITS)) {
      RawPlugin alpha = host.plugin("alpha");
      RawPlugin beta = host.plugin("beta");
      ClientCall<EchoRequest, EchoResponse> deaf =
          alpha.data(alpha.bearer()).newCall(EchoGrpc.getServerStreamMethod(), CallOptions.DEFAULT);
      deaf.start(new ClientCall.Listener<>() {}, new Metadata());
      deaf.request(1);
      deaf.sendMessage(EchoRequest.getDefaultInstance());
      deaf.halfClose();

      int[] last = {-1};
      await()
          .atMost(SOON)
          .pollInterval(Duration.ofMillis(500))
          .until(
              () -> {
                int before = last[0];
                last[0] = provider.sent.get();
                return before > 0 && before == last[0];
              });

      assertThat((long) provider.sent.get() * CHUNK).isLessThan(MOST_UNREAD);
      call(beta.data(beta.bearer()), ofBytes(1));
      deaf.cancel("read enough", /* cause= */ null);
    }
  }
}
