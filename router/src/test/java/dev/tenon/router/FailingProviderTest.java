package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.BreakerPolicy;
import dev.tenon.core.BreakerState;
import dev.tenon.core.EjectionPolicy;
import dev.tenon.core.Selection;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who gets calls when providers fail. */
final class FailingProviderTest {
  private static final String UNARY = "testservice.v1.Echo/Unary";
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final AtomicLong ticks = new AtomicLong();
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final Flaky first = new Flaky();
  private final Flaky second = new Flaky();
  private final Plane plane = plane(Map.of());

  private Plane plane(Map<dev.tenon.core.ServiceName, Selection> selections) {
    Plane made =
        new Plane(
            selections,
            builder ->
                builder
                    .nanoTime(ticks::get)
                    .ejections(EjectionPolicy.DEFAULT)
                    .breakers(
                        BreakerPolicy.DEFAULT,
                        (provider, before, now) -> told.add(provider.plugin() + ": " + now)));
    made.registry.remove(Names.WORDS);
    made.provide(Names.WORDS, Names.ECHO, first);
    return made;
  }

  @AfterEach
  void close() {
    plane.close();
  }

  private void fails(int count) {
    for (int i = 0; i < count; i++) {
      var unused = Plane.refusal(plane.channel(Names.CALLER), UNARY);
    }
  }

  private void answered() {
    var unused =
        EchoGrpc.newBlockingStub(plane.channel(Names.CALLER))
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .unary(EchoRequest.getDefaultInstance());
  }

  /**
   * After five failures in a row calls are refused at once, for 10 s, and reach nobody; the audit
   * log says why. Then two probes close it. Row: CI-2.
   */
  @Test
  void call_providerFailsFiveTimes_refusedAtOnceAndThenProbed() {
    first.failing(5);
    fails(5);
    assertThat(plane.router.breaker(Names.WORDS)).isEqualTo(BreakerState.OPEN);

    var refused = Plane.refusal(plane.channel(Names.CALLER), UNARY);

    assertThat(refused.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
    assertThat(Objects.requireNonNull(refused.getTrailers()).keys()).contains("tenon-refused");
    assertThat(first.calls).hasSize(5);
    assertThat(plane.audit.reasons()).containsExactly("breaker open");
    ticks.addAndGet(BreakerPolicy.DEFAULT.open().toNanos());
    answered();
    answered();
    answered();
    assertThat(told).containsExactly("words: OPEN", "words: HALF_OPEN", "words: CLOSED");
  }

  /** What an application answers, and how callers end their calls, opens nothing. Row: CI-2. */
  @Test
  void call_otherStatuses_breakerStaysClosed() {
    for (Code code : Code.values()) {
      if (code != Code.OK && code != Code.UNAVAILABLE) {
        first.failure = Status.fromCode(code);
        first.failing(6);
        fails(6);
      }
    }

    answered();
    assertThat(plane.router.breaker(Names.WORDS)).isEqualTo(BreakerState.CLOSED);
    assertThat(told).isEmpty();
  }

  /** Calls go to another provider while one is open. Row: CI-2. */
  @Test
  void call_oneOfTwoFails_otherGetsTheCalls() {
    plane.provide(Names.WORDS_2, Names.ECHO, second);
    first.failing(5);
    fails(5);

    for (int i = 0; i < 20; i++) {
      answered();
    }

    assertThat(first.calls).hasSize(5);
    assertThat(second.calls).hasSize(20);
    var named = plane.channel(Names.CALLER, "tenon-to", Names.WORDS.value());
    assertThat(Plane.refusal(named, UNARY).getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
    assertThat(first.calls).hasSize(5);
  }

  /** A hundred calls at once while it is half open: one of them reaches it. Row: CI-2. */
  @Test
  void call_manyAtOnceWhileHalfOpen_oneProbe() {
    first.failing(5);
    fails(5);
    ticks.addAndGet(BreakerPolicy.DEFAULT.open().toNanos());
    CompletableFuture<Void> gate = new CompletableFuture<>();
    first.gate = gate;
    List<Answers> calls = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Answers answers = new Answers(Integer.MAX_VALUE);
      EchoGrpc.newStub(plane.channel(Names.CALLER))
          .unary(EchoRequest.getDefaultInstance(), answers);
      calls.add(answers);
    }
    await().atMost(LIMIT).until(() -> first.calls.size() == 6);
    gate.complete(null);

    long answered = calls.stream().filter(one -> one.end().isOk()).count();

    assertThat(answered).isEqualTo(1);
    assertThat(first.calls).hasSize(6);
  }

  /**
   * A provider that takes calls and never answers, whatever it says of its health, is passed over
   * where another serves; its callers' places are free meanwhile. Attack: G16, R31.
   */
  @Test
  void call_oneOfTwoNeverAnswers_passedOver() {
    plane.provide(Names.WORDS_2, Names.ECHO, second);
    first.gate = new CompletableFuture<>();
    List<Answers> calls = new ArrayList<>();
    for (int i = 0; i < EjectionPolicy.DEFAULT.consecutive(); i++) {
      Answers answers = new Answers(Integer.MAX_VALUE);
      EchoGrpc.newStub(plane.channel(Names.CALLER))
          .withDeadlineAfter(1200, TimeUnit.MILLISECONDS)
          .unary(EchoRequest.getDefaultInstance(), answers);
      calls.add(answers);
    }
    calls.forEach(call -> assertThat(call.end().getCode()).isEqualTo(Code.DEADLINE_EXCEEDED));
    assertThat(plane.router.open().caps().isEmpty()).isTrue();

    answered();
    answered();

    assertThat(plane.router.isEjected(Names.WORDS)).isTrue();
    assertThat(second.calls).hasSize(2);
    assertThat(plane.router.breaker(Names.WORDS)).isEqualTo(BreakerState.CLOSED);
    ticks.addAndGet(EjectionPolicy.DEFAULT.base().toNanos());
    first.gate = CompletableFuture.completedFuture(null);
    answered();
    assertThat(second.calls).hasSize(2);
  }

  /** The last provider is never passed over. Attack: G16. */
  @Test
  void call_onlyProviderNeverAnswers_stillAsked() {
    first.gate = new CompletableFuture<>();
    for (int i = 0; i < 2; i++) {
      List<Answers> calls = new ArrayList<>();
      for (int call = 0; call < EjectionPolicy.DEFAULT.consecutive(); call++) {
        Answers answers = new Answers(Integer.MAX_VALUE);
        EchoGrpc.newStub(plane.channel(Names.CALLER))
            .withDeadlineAfter(1100, TimeUnit.MILLISECONDS)
            .unary(EchoRequest.getDefaultInstance(), answers);
        calls.add(answers);
      }
      calls.forEach(call -> assertThat(call.end().getCode()).isEqualTo(Code.DEADLINE_EXCEEDED));
    }

    assertThat(first.calls).hasSize(2 * EjectionPolicy.DEFAULT.consecutive());
  }

  /** What is known of a run is forgotten with it. */
  @Test
  void summarize_providerGone_forgotten() {
    first.failing(5);
    fails(5);
    plane.registry.remove(Names.WORDS);

    plane.router.summarize();

    assertThat(plane.router.breaker(Names.WORDS)).isEqualTo(BreakerState.CLOSED);
  }

  /** Whoever has fewer open calls gets the next. Row: RG-14. */
  @Test
  void call_leastLoaded_goesWhereFewerAreOpen() {
    try (Plane loaded = plane(Map.of(Names.ECHO, Selection.Plain.LEAST_LOADED))) {
      loaded.provide(Names.WORDS_2, Names.ECHO, second);
      first.gate = new CompletableFuture<>();
      second.gate = first.gate;
      List<Answers> calls = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        Answers answers = new Answers(Integer.MAX_VALUE);
        EchoGrpc.newStub(loaded.channel(Names.CALLER))
            .unary(EchoRequest.getDefaultInstance(), answers);
        calls.add(answers);
      }

      await().atMost(LIMIT).until(() -> first.calls.size() + second.calls.size() == 20);
      assertThat(first.calls).hasSize(10);
      first.gate.complete(null);
      calls.forEach(call -> assertThat(call.end().isOk()).isTrue());
    }
  }

  /** The same key reaches the same provider, which does not see it. Row: RG-14. */
  @Test
  void call_sticky_sameKeySameProvider() {
    try (Plane sticky = plane(Map.of(Names.ECHO, Selection.Plain.STICKY))) {
      EchoProvider echo = new EchoProvider();
      sticky.provide(Names.WORDS_2, Names.ECHO, echo);
      for (int key = 0; key < 40; key++) {
        int before = first.calls.size();
        for (int call = 0; call < 3; call++) {
          var unused = Plane.call(sticky.channel(Names.CALLER, "tenon-key", "customer-" + key));
        }
        assertThat(first.calls.size() - before).isIn(0, 3);
      }
      assertThat(first.calls.size()).isBetween(1, 119);
      assertThat(Objects.requireNonNull(echo.lastHeaders).keys()).doesNotContain("tenon-key");
    }
  }
}
