package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.tenon.core.BreakerPolicy;
import dev.tenon.core.BreakerState;
import dev.tenon.core.RetryPolicy;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls that are made again, and those that are not. */
final class RepeatedCallTest {
  private static final String UNARY = "testservice.v1.Echo/Unary";
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final RetryPolicy ALL = RetryPolicy.of(Set.of("testservice.v1.Echo/*"));
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  private final Flaky flaky = new Flaky();
  private Plane plane = plane(ALL, builder -> builder);

  private Plane plane(RetryPolicy retries, UnaryOperator<RouterBuilder> more) {
    Plane made = new Plane(Map.of(), builder -> more.apply(builder.retries(retries)));
    made.registry.remove(Names.WORDS);
    made.provide(Names.WORDS, Names.ECHO, flaky);
    return made;
  }

  private void open(RetryPolicy retries, UnaryOperator<RouterBuilder> more) {
    plane.close();
    plane = plane(retries, more);
  }

  @AfterEach
  void close() {
    assertThat(plane.router.open().caps().isEmpty()).isTrue();
    plane.close();
  }

  private Code refused() {
    return Plane.refusal(plane.channel(Names.CALLER), UNARY).getStatus().getCode();
  }

  /** Two failures, and the third attempt answers; the pauses grow. Row: CI-1. */
  @Test
  void call_idempotentFailsTwice_thirdAttemptAnswers() {
    flaky.failing(2);
    EchoRequest request = EchoProvider.request("again");

    var answer = EchoGrpc.newBlockingStub(plane.channel(Names.CALLER)).unary(request);

    assertThat(answer.getPayload().toStringUtf8()).isEqualTo("again");
    assertThat(flaky.requests).containsExactly(request, request, request);
    assertThat(gap(0)).isGreaterThanOrEqualTo(Duration.ofMillis(50));
    assertThat(gap(1)).isGreaterThanOrEqualTo(Duration.ofMillis(100));
  }

  private Duration gap(int call) {
    return Duration.ofNanos(flaky.calls.get(call + 1) - flaky.calls.get(call));
  }

  /**
   * Three attempts and no more; the caller gets the last error, as the provider said it. Row: CI-1.
   */
  @Test
  void call_idempotentFailsAlways_lastErrorAfterThree() {
    flaky.failing(9);

    StatusRuntimeException refused = Plane.refusal(plane.channel(Names.CALLER), UNARY);

    assertThat(refused.getStatus().getDescription()).isEqualTo("not now");
    assertThat(flaky.calls).hasSize(3);
  }

  /** Nothing that may have acted is made again unless it is declared. Row: CI-1. Attack: R33. */
  @Test
  void call_notDeclared_once() {
    open(RetryPolicy.of(Set.of("testservice.v1.Echo/ServerStream")), builder -> builder);
    flaky.failing(1);

    assertThat(refused()).isEqualTo(Code.UNAVAILABLE);

    assertThat(flaky.calls).hasSize(1);
  }

  /** Whatever else a provider says is its answer. Row: CI-1. */
  @ParameterizedTest
  @ValueSource(
      strings = {"INTERNAL", "UNKNOWN", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "ABORTED"})
  void call_otherStatus_once(Code code) {
    flaky.failing(9).failure = Status.fromCode(code);

    assertThat(refused()).isEqualTo(code);

    assertThat(flaky.calls).hasSize(1);
  }

  /**
   * What has begun to be answered is not made again, nor what had more than a message. Row: CI-1.
   */
  @Test
  void call_streams_once() {
    flaky.failing(9);
    Answers server = new Answers(Integer.MAX_VALUE);
    EchoGrpc.newStub(plane.channel(Names.CALLER))
        .serverStream(EchoRequest.getDefaultInstance(), server);
    assertThat(server.end().getCode()).isEqualTo(Code.UNAVAILABLE);
    assertThat(server.messages()).hasSize(1);
    assertThat(flaky.calls).hasSize(1);

    Answers client = new Answers(Integer.MAX_VALUE);
    var requests = EchoGrpc.newStub(plane.channel(Names.CALLER)).clientStream(client);
    requests.onNext(EchoRequest.getDefaultInstance());
    requests.onNext(EchoRequest.getDefaultInstance());
    requests.onCompleted();
    assertThat(client.end().getCode()).isEqualTo(Code.UNAVAILABLE);
    assertThat(flaky.calls).hasSize(2);
  }

  /** A provider that does not want to be asked again is not. Row: CI-1. */
  @Test
  void call_pushbackNever_once() {
    flaky.failing(9).trailers.put(PUSHBACK, "-1");

    assertThat(refused()).isEqualTo(Code.UNAVAILABLE);

    assertThat(flaky.calls).hasSize(1);
  }

  /** A caller that cancels in a pause is told at once, and nothing more is sent. Row: CI-1. */
  @Test
  void call_cancelledInAPause_endsAndIsNotMadeAgain() {
    flaky.failing(1).trailers.put(PUSHBACK, "20000");
    Context.CancellableContext context = Context.current().withCancellation();
    Answers answers = new Answers(Integer.MAX_VALUE);
    context.run(
        () ->
            EchoGrpc.newStub(plane.channel(Names.CALLER))
                .unary(EchoRequest.getDefaultInstance(), answers));
    await().atMost(LIMIT).until(() -> flaky.calls.size() == 1);
    assertThat(plane.router.inFlight(Names.WORDS)).isEqualTo(1);

    context.cancel(null);

    assertThat(answers.end().getCode()).isEqualTo(Code.CANCELLED);
    assertThat(flaky.calls).hasSize(1);
    await().atMost(LIMIT).until(() -> plane.router.inFlight(Names.WORDS) == 0);
  }

  /** A pause that would outlast the caller's deadline is not begun. Row: CI-1. */
  @Test
  void call_pauseLongerThanTheDeadline_endsAtOnce() {
    flaky.failing(9).trailers.put(PUSHBACK, "40000");
    Channel channel = plane.channel(Names.CALLER);
    try {
      var unused =
          EchoGrpc.newBlockingStub(channel)
              .withDeadlineAfter(30, TimeUnit.SECONDS)
              .unary(EchoRequest.getDefaultInstance());
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
    }

    assertThat(flaky.calls).hasSize(1);
  }

  /** All attempts together take no longer than they may. Row: CI-11. */
  @Test
  void call_attemptsTakeTooLong_endsWithTheTotal() {
    Duration total = Duration.ofMillis(600);
    open(
        new RetryPolicy(ALL.idempotent(), 3, Duration.ofMillis(1), Duration.ofMillis(1), total),
        builder -> builder);
    flaky.failing(1);
    CompletableFuture<Void> gate = new CompletableFuture<>();
    flaky.gate = gate;
    long begun = System.nanoTime();
    Answers answers = new Answers(Integer.MAX_VALUE);
    EchoGrpc.newStub(plane.channel(Names.CALLER)).unary(EchoRequest.getDefaultInstance(), answers);
    await().atMost(LIMIT).until(() -> flaky.calls.size() == 1);
    flaky.gate = new CompletableFuture<>(); // the second attempt finds nobody
    gate.complete(null);

    assertThat(answers.end().getCode()).isEqualTo(Code.DEADLINE_EXCEEDED);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(total);
    assertThat(flaky.calls.size()).isLessThanOrEqualTo(2);
  }

  /**
   * The breaker sees each attempt: three failures for a call, and the fourth opens it. Row: CI-3.
   */
  @Test
  void call_failsAlways_eachAttemptCountsInTheBreaker() {
    open(
        ALL,
        builder ->
            builder.breakers(
                new BreakerPolicy(4, Duration.ofMinutes(1), 2), (run, before, now) -> {}));
    flaky.failing(99);
    assertThat(refused()).isEqualTo(Code.UNAVAILABLE);
    assertThat(plane.router.breaker(Names.WORDS)).isEqualTo(BreakerState.CLOSED);

    StatusRuntimeException second = Plane.refusal(plane.channel(Names.CALLER), UNARY);

    assertThat(second.getStatus().getDescription()).isEqualTo("not now");
    assertThat(flaky.calls).hasSize(4);
    assertThat(plane.router.breaker(Names.WORDS)).isEqualTo(BreakerState.OPEN);
    assertThat(plane.audit.reasons()).containsExactly("breaker open");
  }

  /** An attempt goes to a provider that was not tried, if there is one. Row: CI-3. */
  @Test
  void call_anotherProvider_secondAttemptGoesThere() {
    Flaky other = new Flaky();
    plane.provide(Names.WORDS_2, Names.ECHO, other);
    flaky.failing(9);

    var unused = Plane.call(plane.channel(Names.CALLER));

    assertThat(flaky.calls).hasSize(1);
    assertThat(other.calls).hasSize(1);
  }

  /** Each attempt is decided and on record, before and after, where the rule says so. Row: CI-3. */
  @Test
  void call_ruleWithEachCallOnRecord_attemptsAreToo() {
    plane.policy(Names.POLICY.replace("[[rule]]", "[[rule]]\naudit = \"call\""));
    flaky.failing(1);

    var unused = Plane.call(plane.channel(Names.CALLER));

    assertThat(plane.audit.events().stream().map(event -> event.action() + " " + event.outcome()))
        .hasSize(4);
    assertThat(flaky.calls).hasSize(2);
  }

  /** A new policy that denies the call ends its attempts. Row: CI-3. */
  @Test
  void call_policyDeniesInAPause_notMadeAgain() {
    flaky.failing(1).trailers.put(PUSHBACK, "20000");
    Answers answers = new Answers(Integer.MAX_VALUE);
    EchoGrpc.newStub(plane.channel(Names.CALLER)).unary(EchoRequest.getDefaultInstance(), answers);
    await().atMost(LIMIT).until(() -> flaky.calls.size() == 1);

    plane.policy("");
    plane.router.policyChanged();

    assertThat(answers.end().getCode()).isEqualTo(Code.PERMISSION_DENIED);
    assertThat(flaky.calls).hasSize(1);
  }

  /** A tenth of the calls is made again, beyond a reserve. Attack: R33. */
  @Test
  void call_providerDown_aTenthMoreCallsAndNotThreeTimes() {
    open(
        new RetryPolicy(
            ALL.idempotent(), 3, Duration.ofNanos(1), Duration.ofNanos(1), Duration.ofMinutes(1)),
        builder -> builder.breakers(BreakerPolicy.NEVER, (run, before, now) -> {}));
    flaky.failing(Integer.MAX_VALUE);
    for (int call = 0; call < 200; call++) {
      assertThat(refused()).isEqualTo(Code.UNAVAILABLE);
    }

    assertThat(flaky.calls.size()).isBetween(220, 220 + RetryPolicy.RESERVE);
  }

  /** Calls that go well keep nothing, whatever their size. */
  @Test
  void call_idempotentAnswers_once() {
    ByteString large = ByteString.copyFrom(new byte[100_000]);

    var answer =
        EchoGrpc.newBlockingStub(plane.channel(Names.CALLER))
            .unary(EchoRequest.newBuilder().setPayload(large).build());

    assertThat(answer.getPayload()).isEqualTo(large);
    assertThat(List.copyOf(flaky.calls)).hasSize(1);
  }
}
