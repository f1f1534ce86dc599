package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is written as it is, what is counted, and when the count is due. */
class RefusalCountsTest {
  private final RefusalCounts counts = new RefusalCounts(100);

  private static AuditEvent at(long second) {
    AuditEvent event = Events.denied("/a/B");
    return event.retold(Instant.ofEpochSecond(second), event.details());
  }

  @Test
  void isSingle_moreThanAreWritten_restIsCountedFromFirstToLast() {
    for (int i = 0; i < RefusalCounts.SINGLES; i++) {
      assertThat(counts.isSingle(at(i), 0)).isTrue();
    }
    assertThat(counts.isSingle(at(300), 0)).isFalse();
    assertThat(counts.isSingle(at(200), 0)).isFalse();
    assertThat(counts.isSingle(at(400), 0)).isFalse();

    assertThat(counts.take())
        .singleElement()
        .satisfies(
            counted -> {
              assertThat(counted.count()).isEqualTo(3);
              AuditEvent event = counted.event();
              assertThat(event.timestamp()).isEqualTo(Instant.ofEpochSecond(400));
              assertThat(event.resource()).isEqualTo("/a/B");
              assertThat(event.details())
                  .containsEntry("count", "3")
                  .containsEntry("since", Instant.ofEpochSecond(200).toString())
                  .containsEntry("reason", "no rule");
            });
    assertThat(counts.isSingle(at(500), 0)).as("in the next interval").isTrue();
    assertThat(counts.take()).as("which it was alone in").isEmpty();
  }

  /** Once one of a kind is counted, those after it are too: their order stays. */
  @Test
  void isSingle_afterOneWasCounted_counted() {
    counts.count(at(1), 0);

    assertThat(counts.isSingle(at(2), 0)).isFalse();
    assertThat(counts.take())
        .singleElement()
        .extracting(RefusalCounts.Counted::count)
        .isEqualTo(2L);
  }

  @Test
  void nanosUntilDue_fromTheFirstRefusal_untilTaken() {
    assertThat(counts.nanosUntilDue(7)).isEqualTo(Long.MAX_VALUE);
    assertThat(counts.isSingle(at(1), 1_000)).isTrue();
    counts.count(at(1), 1_050);

    assertThat(counts.nanosUntilDue(1_030)).isEqualTo(70);
    assertThat(counts.nanosUntilDue(1_100)).isZero();
    assertThat(counts.nanosUntilDue(9_000)).isZero();

    assertThat(counts.take()).hasSize(1);
    assertThat(counts.nanosUntilDue(9_000)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void putBack_takenAgain_withWhatCameMeanwhile() {
    counts.count(at(10), 0);
    RefusalCounts.Counted taken = counts.take().get(0);
    counts.count(at(20), 0);
    counts.putBack(taken, 5);

    assertThat(counts.take())
        .singleElement()
        .satisfies(
            counted -> {
              assertThat(counted.count()).isEqualTo(2);
              assertThat(counted.first()).isEqualTo(Instant.ofEpochSecond(10));
              assertThat(counted.last()).isEqualTo(Instant.ofEpochSecond(20));
            });
    counts.putBack(taken, 500);
    assertThat(counts.nanosUntilDue(510)).isEqualTo(90);
  }

  @Test
  void count_kindsBeyondTheBound_underOneThatSaysSo() {
    IntStream.range(0, RefusalCounts.MAX_KINDS + 2)
        .forEach(i -> counts.count(Events.denied("/a/M" + i), 0));

    assertThat(counts.take())
        .hasSize(RefusalCounts.MAX_KINDS + 1)
        .last()
        .satisfies(
            rest -> {
              assertThat(rest.count()).isEqualTo(2);
              assertThat(rest.kind().event()).isEqualTo("call");
              assertThat(rest.kind().action()).isEqualTo("refuse");
              assertThat(rest.kind().resource()).isNull();
              assertThat(rest.kind().details()).isEqualTo(Map.of("reason", "various"));
            });
  }
}
