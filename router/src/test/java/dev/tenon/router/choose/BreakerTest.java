package dev.tenon.router.choose;

import static dev.tenon.core.BreakerState.CLOSED;
import static dev.tenon.core.BreakerState.HALF_OPEN;
import static dev.tenon.core.BreakerState.OPEN;
import static dev.tenon.router.choose.Outcome.ANSWERED;
import static dev.tenon.router.choose.Outcome.BROKEN;
import static dev.tenon.router.choose.Outcome.FAILED;
import static dev.tenon.router.choose.Outcome.NOTHING;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.BreakerPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class BreakerTest {
  private static final Duration PAUSE = BreakerPolicy.DEFAULT.open();

  private final Ticks ticks = new Ticks();
  private final List<String> told = Collections.synchronizedList(new ArrayList<>());
  private final Breaker breaker = breaker(BreakerPolicy.DEFAULT);

  private Breaker breaker(BreakerPolicy policy) {
    return new Breaker(policy, ticks, (before, now) -> told.add(before + ">" + now));
  }

  private static void calls(Breaker breaker, int count, Outcome outcome) {
    for (int i = 0; i < count; i++) {
      int ticket = breaker.enter();
      assertThat(ticket).isNotEqualTo(Breaker.REFUSED);
      breaker.ended(ticket, outcome);
    }
  }

  private void open() {
    calls(breaker, 5, FAILED);
    assertThat(breaker.state()).isEqualTo(OPEN);
  }

  /** Five failures in a row open it, and no call goes for 10 s. Row: CI-2. */
  @Test
  void enter_afterFiveFailures_refusedForTheWholePause() {
    calls(breaker, 4, FAILED);
    assertThat(breaker.state()).isEqualTo(CLOSED);

    calls(breaker, 1, FAILED);

    assertThat(breaker.isPassable()).isFalse();
    assertThat(breaker.enter()).isEqualTo(Breaker.REFUSED);
    ticks.pass(PAUSE.minusNanos(1));
    assertThat(breaker.enter()).isEqualTo(Breaker.REFUSED);
    ticks.pass(Duration.ofNanos(1));
    assertThat(breaker.isPassable()).isTrue();
    assertThat(breaker.state()).isEqualTo(OPEN);
  }

  /** Failures that are not in a row open nothing. Row: CI-2. */
  @Test
  void ended_answerBetweenFailures_countsAnew() {
    for (int i = 0; i < 10; i++) {
      calls(breaker, 4, FAILED);
      calls(breaker, 1, ANSWERED);
    }
    assertThat(breaker.state()).isEqualTo(CLOSED);
  }

  /** Only failures count: what a caller can bring about opens nothing. Row: CI-2. */
  @Test
  void ended_brokenOrNothing_neitherCountsNorClearsTheCount() {
    calls(breaker, 4, FAILED);
    calls(breaker, 50, BROKEN);
    calls(breaker, 50, NOTHING);
    assertThat(breaker.state()).isEqualTo(CLOSED);

    calls(breaker, 1, FAILED);

    assertThat(breaker.state()).isEqualTo(OPEN);
  }

  /** One probe after the other, of which two must be answered; each step is told. Row: CI-2. */
  @Test
  void enter_afterPause_twoProbesOneAfterTheOtherClose() {
    open();
    ticks.pass(PAUSE);

    int first = breaker.enter();
    assertThat(first).isNotEqualTo(Breaker.REFUSED);
    assertThat(breaker.enter()).isEqualTo(Breaker.REFUSED);
    breaker.ended(first, ANSWERED);
    assertThat(breaker.state()).isEqualTo(HALF_OPEN);
    int second = breaker.enter();
    assertThat(breaker.enter()).isEqualTo(Breaker.REFUSED);
    breaker.ended(second, ANSWERED);

    assertThat(breaker.state()).isEqualTo(CLOSED);
    assertThat(told).containsExactly("CLOSED>OPEN", "OPEN>HALF_OPEN", "HALF_OPEN>CLOSED");
    calls(breaker, 4, FAILED);
    assertThat(breaker.state()).isEqualTo(CLOSED);
  }

  /** Any probe that fails opens it for the whole pause again. Row: CI-2. */
  @Test
  void ended_secondProbeFails_openAgain() {
    open();
    ticks.pass(PAUSE);
    calls(breaker, 1, ANSWERED);

    calls(breaker, 1, FAILED);

    assertThat(breaker.state()).isEqualTo(OPEN);
    ticks.pass(PAUSE.minusNanos(1));
    assertThat(breaker.enter()).isEqualTo(Breaker.REFUSED);
    ticks.pass(Duration.ofNanos(1));
    calls(breaker, 1, ANSWERED);
    assertThat(breaker.state()).isEqualTo(HALF_OPEN);
    calls(breaker, 1, ANSWERED);
    assertThat(breaker.state()).isEqualTo(CLOSED);
  }

  /** A probe whose caller went away says nothing, and leaves its place to another. Row: CI-2. */
  @Test
  void ended_probeCancelled_nextProbeGoes() {
    open();
    ticks.pass(PAUSE);
    calls(breaker, 3, NOTHING);
    calls(breaker, 3, BROKEN);
    assertThat(breaker.state()).isEqualTo(HALF_OPEN);

    calls(breaker, 2, ANSWERED);

    assertThat(breaker.state()).isEqualTo(CLOSED);
  }

  /** A probe that never ends holds nobody up for longer than the pause. Row: CI-2. */
  @Test
  void enter_probeDoesNotEnd_anotherAfterThePause() {
    open();
    ticks.pass(PAUSE);
    int stream = breaker.enter();
    ticks.pass(PAUSE.minusNanos(1));
    assertThat(breaker.enter()).isEqualTo(Breaker.REFUSED);
    ticks.pass(Duration.ofNanos(1));

    int probe = breaker.enter();
    breaker.ended(stream, FAILED);

    assertThat(breaker.state()).isEqualTo(HALF_OPEN);
    breaker.ended(probe, ANSWERED);
    calls(breaker, 1, ANSWERED);
    assertThat(breaker.state()).isEqualTo(CLOSED);
  }

  /** What went before it opened neither opens it again nor closes it. Row: CI-2. */
  @Test
  void ended_ofCallFromBefore_ignored() {
    int early = breaker.enter();
    int earlier = breaker.enter();
    open();
    breaker.ended(early, ANSWERED);
    assertThat(breaker.state()).isEqualTo(OPEN);
    ticks.pass(PAUSE);
    int probe = breaker.enter();
    breaker.ended(earlier, FAILED);
    assertThat(breaker.state()).isEqualTo(HALF_OPEN);
    breaker.ended(probe, ANSWERED);
    calls(breaker, 1, ANSWERED);
    assertThat(breaker.state()).isEqualTo(CLOSED);
  }

  /** Of 100 calls at once exactly one is the probe. Row: CI-2. */
  @Test
  void enter_hundredAtOnceWhileHalfOpen_oneProbe() throws Exception {
    open();
    ticks.pass(PAUSE);
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      CountDownLatch go = new CountDownLatch(1);
      Callable<Integer> call =
          () -> {
            go.await();
            return breaker.enter();
          };
      List<Future<Integer>> tickets = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        tickets.add(threads.submit(call));
      }
      go.countDown();
      int probes = 0;
      for (Future<Integer> ticket : tickets) {
        probes += ticket.get() == Breaker.REFUSED ? 0 : 1;
      }
      assertThat(probes).isEqualTo(1);
    } finally {
      threads.shutdownNow();
    }
    assertThat(told).containsExactly("CLOSED>OPEN", "OPEN>HALF_OPEN");
  }

  /** Many calls that fail at once open it once. Row: CI-2. */
  @Test
  void ended_manyFailuresAtOnce_oneTransition() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Integer> tickets = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        tickets.add(breaker.enter());
      }
      List<Future<?>> ends = new ArrayList<>();
      tickets.forEach(ticket -> ends.add(threads.submit(() -> breaker.ended(ticket, FAILED))));
      for (Future<?> end : ends) {
        var unused = end.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(told).containsExactly("CLOSED>OPEN");
  }

  @Test
  void ended_policyNever_staysClosed() {
    Breaker never = breaker(BreakerPolicy.NEVER);

    calls(never, 1000, FAILED);

    assertThat(never.state()).isEqualTo(CLOSED);
    assertThat(told).isEmpty();
  }
}
