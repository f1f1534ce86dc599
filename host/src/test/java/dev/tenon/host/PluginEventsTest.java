package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.BreakerState;
import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.RuntimeId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PluginEventsTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  private final List<PluginEvent> told = new CopyOnWriteArrayList<>();
  private final PluginEvents events = new PluginEvents();

  private static PluginEvent event(int number) {
    return new PluginEvent(
        Instant.EPOCH.plusSeconds(number),
        new PluginName("words"),
        Optional.empty(),
        new PluginState.Configured(),
        new PluginState.Starting(),
        0);
  }

  /** Breakers are told in one order with the states of plugins. Row: CI-2. */
  @Test
  void tell_breakerBetweenStates_toldInOrder() {
    List<Object> all = new CopyOnWriteArrayList<>();
    var unused =
        events.add(
            new PluginListener() {
              @Override
              public void changed(PluginEvent event) {
                all.add(event);
              }

              @Override
              public void breakerChanged(BreakerEvent event) {
                all.add(event);
              }
            });
    RuntimeId run = RuntimeId.of(new PluginName("words"), 7);
    events.tell(event(1));
    events.tell(Instant.EPOCH, run, BreakerState.CLOSED, BreakerState.OPEN);
    events.tell(event(2));

    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(all)
                    .containsExactly(
                        event(1),
                        new BreakerEvent(
                            Instant.EPOCH, run, BreakerState.CLOSED, BreakerState.OPEN, 0),
                        event(2)));
  }

  /**
   * A listener that blocks holds up neither whoever tells nor other listeners; it misses the oldest
   * events, is told how many, and ends with the newest.
   */
  @Test
  void tell_listenerBlocks_missesTheOldestOnly() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    var unused =
        events.add(
            event -> {
              entered.countDown();
              awaitQuietly(gate);
              told.add(event);
            });
    List<PluginEvent> other = new CopyOnWriteArrayList<>();
    events.tell(event(0));
    assertThat(entered.await(60, TimeUnit.SECONDS)).isTrue();
    unused = events.add(other::add);
    events.tell(event(1));
    await().atMost(SOON).untilAsserted(() -> assertThat(other).hasSize(1));
    for (int i = 2; i <= PluginEvents.MAX_WAITING + 7; i++) {
      events.tell(event(i));
    }
    gate.countDown();

    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(told).hasSize(1 + PluginEvents.MAX_WAITING));
    assertThat(told.get(0)).isEqualTo(event(0));
    assertThat(told.get(1)).isEqualTo(event(8).missed(7));
    assertThat(told.get(told.size() - 1)).isEqualTo(event(PluginEvents.MAX_WAITING + 7));
    events.close();
  }

  @Test
  void tell_listenerThrows_isToldTheNext() {
    Listening listening =
        events.add(
            event -> {
              told.add(event);
              throw new IllegalStateException("as a listener may");
            });
    events.tell(event(1));
    events.tell(event(2));

    await().atMost(SOON).untilAsserted(() -> assertThat(told).containsExactly(event(1), event(2)));
    listening.close();
    listening.close();
    events.tell(event(3));
    events.close();
    assertThat(told).hasSize(2);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
