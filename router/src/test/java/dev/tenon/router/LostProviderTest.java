package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.transport.Endpoint;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a caller learns when the way to a provider fails: nothing but that.
 *
 * <p>Row: RT-15, RT-16
 */
final class LostProviderTest {
  private static final String UNARY = "testservice.v1.Echo/Unary";
  private final EchoProvider provider = new EchoProvider();
  private Wire wire;
  private Wire.Caller caller;

  @BeforeEach
  void open() throws Exception {
    wire = new Wire();
    wire.provide(Names.WORDS, Names.ECHO, provider);
    caller = wire.enrol(Names.CALLER);
  }

  @AfterEach
  void close() {
    wire.close();
  }

  private static void assertUnavailable(StatusRuntimeException refusal) {
    assertThat(refusal.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
    assertThat(refusal.getStatus().getDescription()).isEqualTo("service unavailable");
    assertThat(Objects.requireNonNull(refusal.getTrailers(), "trailers").keys())
        .containsOnly("grpc-status-details-bin", "content-type");
    assertThat(refusal.getTrailers().toString()).doesNotContain("127.0.0.1");
  }

  @Test
  void providerThatIsGone_isUnavailable() {
    Plane.call(caller.channel());
    wire.killProviders();
    assertUnavailable(Plane.refusal(caller.channel(), UNARY));
  }

  @Test
  void providerThatNeverListened_isUnavailable() {
    wire.backends.put(Names.WORDS, wire.asHost(Endpoint.parse("tcp:127.0.0.1:1"), Names.WORDS));
    assertUnavailable(Plane.refusal(caller.channel(), UNARY));
  }

  /** An answer comes only from the run that was asked. */
  @Test
  void anotherRunAtTheProvidersAddress_isUnavailable_andSeesNothing() throws Exception {
    EchoProvider impostor = new EchoProvider();
    wire.provide(Names.WORDS_2, Names.ECHO, impostor);
    wire.backends.put(Names.WORDS, wire.asHost(Objects.requireNonNull(wire.endpoint), Names.WORDS));
    Channel asked = Plane.with(caller.channel(), "tenon-to", Names.WORDS.value());
    assertUnavailable(Plane.refusal(asked, UNARY));
    assertThat(impostor.calls).hasValue(0);
    assertThat(provider.calls).hasValue(0);
  }

  @Test
  void providerThatDiesDuringACall_endsItUnavailable() throws Exception {
    CompletableFuture<StatusRuntimeException> ended = new CompletableFuture<>();
    EchoGrpc.newStub(caller.channel())
        .unary(
            EchoRequest.newBuilder().setHang(true).build(),
            new StreamObserver<EchoResponse>() {
              @Override
              public void onNext(EchoResponse value) {}

              @Override
              public void onError(Throwable t) {
                ended.complete((StatusRuntimeException) t);
              }

              @Override
              public void onCompleted() {}
            });
    await().atMost(Duration.ofSeconds(60)).until(() -> provider.calls.get() == 1);
    wire.killProviders();
    assertUnavailable(ended.get(20, TimeUnit.SECONDS));
    assertThat(wire.router.calls())
        .containsExactly(new CallCount("caller", "words", Names.ECHO, 1, 1));
  }

  /** A provider's own UNAVAILABLE is the application's word and stays. */
  @Test
  void providersOwnUnavailable_passesUnchanged() {
    provider.trailing.put(
        Metadata.Key.of("x-why", Metadata.ASCII_STRING_MARSHALLER), "maintenance");
    try {
      EchoRequest request = EchoRequest.newBuilder().setEndWith(14).build();
      throw new AssertionError(
          EchoGrpc.newBlockingStub(caller.channel()).unary(request).toString());
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getDescription()).startsWith("ended with 14");
      assertThat(Objects.requireNonNull(e.getTrailers()).keys()).contains("x-why");
    }
  }
}
