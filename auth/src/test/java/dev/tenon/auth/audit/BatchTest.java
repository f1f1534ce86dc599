package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What is taken from the queue together. */
class BatchTest {
  private static final long HOUR = 3_600_000_000_000L;

  private final GroupCommit waiting = new GroupCommit();

  private void offer(int count) {
    for (int n = 0; n < count; n++) {
      assertThat(waiting.offer(Entry.awaited(Events.named("w", n)))).isTrue();
    }
  }

  @Test
  void take_moreThanABatch_inOrderAndBounded() throws Exception {
    offer(GroupCommit.MAX_BATCH + 10);

    assertThat(waiting.take(0))
        .hasSize(GroupCommit.MAX_BATCH)
        .first()
        .satisfies(entry -> assertThat(entry.event().resource()).isEqualTo("0"));
    assertThat(waiting.isEmpty()).isFalse();
    assertThat(waiting.take(0)).hasSize(10);
    assertThat(waiting.isEmpty()).isTrue();
    assertThat(waiting.take(0)).isEmpty();
  }

  @Test
  void offer_full_refused() {
    offer(GroupCommit.MAX_WAITING);

    assertThat(waiting.offer(Entry.awaited(Events.named("w", 0)))).isFalse();
    assertThat(waiting.offer(Entry.awaited(Events.named("w", 0)), 1)).isFalse();
    waiting.wake();
    assertThat(waiting.drain()).hasSize(GroupCommit.MAX_WAITING);
    assertThat(waiting.isEmpty()).isTrue();
  }

  /** Whoever waits for a batch is woken, and finds no record in that. */
  @Test
  void wake_nothingThere_emptyBatch() throws Exception {
    waiting.wake();

    assertThat(waiting.take(HOUR)).isEmpty();
  }

  /** As many as came together before are there: nothing more is waited for. */
  @Test
  void take_asManyAsTheLastTime_withoutWaiting() throws Exception {
    waiting.committed(3, HOUR);
    offer(3);

    assertThat(waiting.take(0)).hasSize(3);
  }

  /** An interrupt ends no offer, and is there for the caller afterwards. */
  @Test
  void offer_interrupted_doneAndStillInterrupted() {
    Thread.currentThread().interrupt();

    boolean taken = waiting.offer(Entry.awaited(Events.named("w", 1)), HOUR);

    assertThat(Thread.interrupted()).isTrue();
    assertThat(taken).isTrue();
    assertThat(waiting.drain()).hasSize(1);
  }
}
