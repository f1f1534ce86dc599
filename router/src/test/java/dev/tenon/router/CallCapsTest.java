package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.CallLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** The counts of open calls by themselves. */
final class CallCapsTest {
  @Test
  void enter_callerOrHostFull_refusedUntilOneLeaves() throws Exception {
    CallCaps caps = new CallCaps(new CallLimits(2, 5, 3));
    CallCaps.Seat first = caps.enter("a");
    CallCaps.Seat second = caps.enter("a");
    assertThatThrownBy(() -> caps.enter("a")).hasMessage("open calls of this caller: 2 at most");
    CallCaps.Seat third = caps.enter("b");
    assertThatThrownBy(() -> caps.enter("b")).hasMessage("open calls of this host: 3 at most");

    first.leave();
    first.leave();
    assertThat(caps.total()).isEqualTo(2);
    assertThat(caps.isEmpty()).isFalse();
    CallCaps.Seat fourth = caps.enter("a");

    for (CallCaps.Seat seat : List.of(second, third, fourth)) {
      seat.leave();
    }
    assertThat(caps.isEmpty()).isTrue();
  }

  @Test
  void reach_providerFull_refusedAndNothingIsKept() throws Exception {
    CallCaps caps = new CallCaps(new CallLimits(10, 1, 10));
    CallCaps.Seat first = caps.enter("a");
    CallCaps.Seat second = caps.enter("b");
    first.reach("p");
    assertThatThrownBy(() -> second.reach("p"))
        .hasMessage("open calls of this provider: 1 at most");
    second.leave();
    CallCaps.Seat third = caps.enter("b");
    third.reach("q");

    first.leave();
    third.leave();
    assertThat(caps.isEmpty()).isTrue();
  }

  /** A call that was given up while it chose takes no place at its provider. */
  @Test
  void reach_afterItLeft_nothingIsCounted() throws Exception {
    CallCaps caps = new CallCaps(CallLimits.DEFAULT);
    CallCaps.Seat seat = caps.enter("a");
    seat.leave();

    seat.reach("p");

    assertThat(caps.isEmpty()).isTrue();
  }

  /**
   * Whatever the number of threads, exactly as many pass as may, and all that is counted is given
   * back.
   *
   * <p>Row: DS-11
   */
  @Test
  void enter_manyThreads_exactlyTheCapPasses() throws Exception {
    CallCaps caps = new CallCaps(new CallLimits(100, 60, 1_000));
    Queue<CallCaps.Seat> entered = new ConcurrentLinkedQueue<>();
    Queue<CallCaps.Seat> reached = new ConcurrentLinkedQueue<>();
    CountDownLatch start = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      Thread thread =
          new Thread(
              () -> {
                for (int call = 0; call < 200; call++) {
                  try {
                    start.await();
                    CallCaps.Seat seat = caps.enter("a");
                    entered.add(seat);
                    seat.reach("p");
                    reached.add(seat);
                  } catch (CallLimitException full) {
                    // As most must be.
                  } catch (InterruptedException e) {
                    return;
                  }
                }
              });
      threads.add(thread);
      thread.start();
    }
    start.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(entered).hasSize(100);
    assertThat(reached).hasSize(60);

    entered.forEach(CallCaps.Seat::leave);
    assertThat(caps.isEmpty()).isTrue();
  }
}
