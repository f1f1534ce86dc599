package dev.tenon.sdk;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoGrpc.EchoBlockingStub;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Calls whose runtime token has expired by the host's clock, while the plugin believes in it. */
@Timeout(180)
final class RetryAfterRenewalTest {
  private static final Metadata.Key<String> MARK =
      Metadata.Key.of("tenon-refused", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  @TempDir Path folder;
  private final CallingPlugin calling = new CallingPlugin();
  private FakeHost host;
  private RunningPlugin running;
  private EchoBlockingStub echo;

  @BeforeEach
  void startPlugin() throws Exception {
    host = FakeHost.start(folder);
    running = RunningPlugin.start(calling.plugin(), host.bootstrap("echo"), TestSettings.PATIENT);
    echo = calling.context().client(EchoGrpc::newBlockingStub);
  }

  @AfterEach
  void stop() {
    running.close();
    host.close();
  }

  /** The caller sees no failure; the provider sees one call. Row: TK-13 */
  @Test
  void unary_tokenExpired_renewedOnceAndAnswered() {
    expireTokens();

    assertThat(echo.unary(payload("a")).getPayload().toStringUtf8()).isEqualTo("a");

    assertThat(host.answers.renewals).hasSize(1);
    assertThat(host.answers.refusals).hasValue(1);
    assertThat(host.data.headers).hasSize(1);
    assertThat(echo.unary(payload("b")).getPayload().toStringUtf8()).isEqualTo("b");
    assertThat(host.answers.refusals).hasValue(1);
  }

  /** The same for a call that streams its answers. Row: TK-13 */
  @Test
  void serverStream_tokenExpired_renewedOnceAndAnswered() {
    expireTokens();

    Iterator<EchoResponse> answers = echo.serverStream(payload("a"));

    assertThat(answers.next().getPayload().toStringUtf8()).isEqualTo("a");
    assertThat(answers.hasNext()).isFalse();
    assertThat(host.answers.renewals).hasSize(1);
  }

  /** Many calls at once share one renewal. Row: TK-13 */
  @Test
  void unary_manyCallsAtOnce_shareOneRenewal() throws Exception {
    expireTokens();
    var stub = calling.context().client(EchoGrpc::newFutureStub);

    List<ListenableFuture<EchoResponse>> calls = new ArrayList<>();
    for (int call = 0; call < 50; call++) {
      calls.add(stub.unary(payload("a")));
    }
    for (ListenableFuture<EchoResponse> call : calls) {
      assertThat(call.get(30, TimeUnit.SECONDS).getPayload().toStringUtf8()).isEqualTo("a");
    }

    assertThat(host.answers.renewals).hasSize(1);
    assertThat(host.data.headers).hasSize(50);
  }

  /** They also share its failure: the host is asked once. Row: TK-13 */
  @Test
  void unary_manyCallsAtOnceAndRenewalRefused_askOnce() {
    expireTokens();
    host.answers.renewal = Status.UNAUTHENTICATED;
    CountDownLatch answer = new CountDownLatch(1);
    host.answers.renewalsWait = answer;
    var stub = calling.context().client(EchoGrpc::newFutureStub);
    List<ListenableFuture<EchoResponse>> calls = new ArrayList<>();
    for (int call = 0; call < 20; call++) {
      calls.add(stub.unary(payload("a")));
    }
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(host.answers.refusals).hasValue(20));

    answer.countDown();

    for (ListenableFuture<EchoResponse> call : calls) {
      assertThatThrownBy(() -> call.get(30, TimeUnit.SECONDS))
          .hasMessageContaining("UNAUTHENTICATED");
    }
    assertThat(host.answers.renewals).hasSizeLessThan(10); // the planned ones go on, after a pause
    assertThat(host.answers.refusals).hasValue(20);
  }

  /** When the renewal is refused too, the caller gets one error, the first. Row: TK-13 */
  @Test
  void unary_renewalRefusedToo_oneError() {
    expireTokens();
    host.answers.renewal = Status.UNAUTHENTICATED;

    assertRefused(() -> echo.unary(payload("a")));

    assertThat(host.answers.refusals).hasValue(1);
    assertThat(host.data.headers).isEmpty();
  }

  /** A host that refuses the new identity as well is not asked again and again. Row: TK-13 */
  @Test
  void unary_newTokenRefusedToo_oneErrorAndNoLoop() {
    host.answers.refusesAll = true;

    assertRefused(() -> echo.unary(payload("a")));
    assertThat(host.answers.refusals).hasValue(2);
    assertThat(host.answers.renewals).hasSize(1);

    assertRefused(() -> echo.unary(payload("a")));
    assertThat(host.answers.refusals).hasValue(3);
    assertThat(host.answers.renewals).hasSize(1);
  }

  /** The same status from the provider is the application's: the call is not made twice. */
  @Test
  void unary_providerSaysUnauthenticated_isNotRepeated() {
    host.data.failure = Status.UNAUTHENTICATED.asRuntimeException();

    assertRefused(() -> echo.unary(payload("a")));

    assertThat(host.data.headers).hasSize(1);
    assertThat(host.answers.renewals).isEmpty();
  }

  /** Nor when its details say what the host's do: a provider can say what it likes. */
  @Test
  void unary_providerSaysWhatTheHostSays_isNotRepeated() {
    StatusRuntimeException forged = RefusalStatus.of(Refusal.NOT_AUTHENTICATED);
    requireNonNull(forged.getTrailers()).discardAll(MARK);
    host.data.failure = forged;

    assertRefused(() -> echo.unary(payload("a")));

    assertThat(host.data.headers).hasSize(1);
    assertThat(host.answers.renewals).isEmpty();
  }

  /** Details that cannot be read end the call as any others do. */
  @Test
  void unary_providerSendsBrokenDetails_endsWithItsStatus() {
    Metadata broken = new Metadata();
    broken.put(DETAILS, new byte[] {-1, 0});
    host.data.failure = Status.UNAUTHENTICATED.asRuntimeException(broken);

    assertRefused(() -> echo.withDeadlineAfter(30, TimeUnit.SECONDS).unary(payload("a")));

    assertThat(host.data.headers).hasSize(1);
  }

  /** Nor is one of which an answer was seen, whatever its end says. */
  @Test
  void serverStream_refusedAfterAnAnswer_isNotRepeated() {
    host.data.failureAfterAnswer = RefusalStatus.of(Refusal.NOT_AUTHENTICATED);

    Iterator<EchoResponse> answers = echo.serverStream(payload("a"));

    assertThat(answers.next().getPayload().toStringUtf8()).isEqualTo("a");
    assertRefused(answers::hasNext);
    assertThat(host.data.headers).hasSize(1);
    assertThat(host.answers.renewals).isEmpty();
  }

  /** A call that streams its requests cannot be replayed; it renews for those after it. */
  @Test
  void clientStream_tokenExpired_failsAndRenewsForTheNext() {
    expireTokens();
    CompletableFuture<Void> end = new CompletableFuture<>();

    StreamObserver<EchoRequest> requests =
        calling.context().client(EchoGrpc::newStub).clientStream(ending(end));
    requests.onNext(payload("a"));

    assertThat(end)
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableThat()
        .withMessageContaining("UNAUTHENTICATED");
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(host.answers.renewals).hasSize(1));
    assertThat(echo.unary(payload("b")).getPayload().toStringUtf8()).isEqualTo("b");
    assertThat(host.answers.renewals).hasSize(1);
  }

  /** A host that refuses the new identity as well is not asked for one at each call. */
  @Test
  void clientStream_newTokenRefusedToo_noLoop() {
    host.answers.refusesAll = true;

    for (int call = 0; call < 5; call++) {
      CompletableFuture<Void> end = new CompletableFuture<>();
      var unused = calling.context().client(EchoGrpc::newStub).clientStream(ending(end));
      assertThat(end)
          .failsWithin(Duration.ofSeconds(30))
          .withThrowableThat()
          .withMessageContaining("UNAUTHENTICATED");
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(host.answers.renewals).hasSize(1));
    }

    assertRefused(() -> echo.unary(payload("a")));
    assertThat(host.answers.renewals).hasSize(1);
  }

  /** A renewal that takes too long ends the call at its deadline. */
  @Test
  void unary_renewalOutlivesDeadline_deadlineExceeded() {
    expireTokens();
    host.answers.renewal = HostAnswers.SILENCE;

    assertStatus(
        Status.Code.DEADLINE_EXCEEDED,
        () -> echo.withDeadlineAfter(500, TimeUnit.MILLISECONDS).unary(payload("a")));
    assertThat(host.data.headers).isEmpty();
  }

  /** A caller that gives up meanwhile does not wait for it. */
  @Test
  void unary_cancelledDuringRenewal_endsAtOnce() {
    expireTokens();
    host.answers.renewal = HostAnswers.SILENCE;
    Context.CancellableContext context = Context.current().withCancellation();
    CompletableFuture<Void> end = new CompletableFuture<>();
    var stub = calling.context().client(EchoGrpc::newStub);
    context.run(() -> stub.unary(payload("a"), ending(end)));
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(host.answers.renewals).hasSize(1));
    assertThat(end).isNotDone();

    context.cancel(null);

    assertThat(end)
        .failsWithin(Duration.ofSeconds(10))
        .withThrowableThat()
        .withMessageContaining("CANCELLED");
  }

  /** The same for a caller that cancels the call itself. */
  @Test
  void future_cancelledDuringRenewal_makesNoSecondCall() {
    expireTokens();
    host.answers.renewal = HostAnswers.SILENCE;
    var call = calling.context().client(EchoGrpc::newFutureStub).unary(payload("a"));
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(host.answers.renewals).hasSize(1));

    assertThat(call.cancel(true)).isTrue();

    running.close();
    assertThat(host.data.headers).isEmpty();
  }

  /** The plugin's own calls of the control plane heal in the same way. Row: TK-13 */
  @Test
  void register_tokenExpired_renewedAndRegistered() {
    expireTokens();

    host.dropControl();

    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(host.answers.health).hasSize(2));
    assertThat(host.answers.registrations).hasSize(2);
    assertThat(host.answers.renewals).hasSize(1);
  }

  private void expireTokens() {
    host.answers.ahead = Duration.ofHours(2);
  }

  private static EchoRequest payload(String text) {
    return EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8(text)).build();
  }

  private static StreamObserver<EchoResponse> ending(CompletableFuture<Void> end) {
    return new StreamObserver<>() {
      @Override
      public void onNext(EchoResponse answer) {}

      @Override
      public void onError(Throwable failure) {
        end.completeExceptionally(failure);
      }

      @Override
      public void onCompleted() {
        end.complete(null);
      }
    };
  }

  private static void assertRefused(Callable<?> call) {
    assertStatus(Status.Code.UNAUTHENTICATED, call);
  }

  private static void assertStatus(Status.Code code, Callable<?> call) {
    assertThatThrownBy(call::call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
  }
}
