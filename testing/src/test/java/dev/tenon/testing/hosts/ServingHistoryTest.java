package dev.tenon.testing.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The checker finds what it is there for, and nothing else. */
class ServingHistoryTest {
  private static final long MILLI = 1_000_000;

  private final ServingHistory history = new ServingHistory();

  private void serves(String host, int... questions) {
    ServingHistory.Answers answers = history.of(host);
    for (int question : questions) {
      answers.add(true, question * MILLI, (question + 1) * MILLI);
    }
    answers.end();
  }

  @Test
  void overlap_oneAfterTheOther_none() {
    serves("a", 0, 5, 10);
    serves("b", 12, 16, 20);
    serves("a", 22, 26);

    assertThat(history.overlap()).isEmpty();
    assertThat(history.handovers()).isEqualTo(2);
  }

  @Test
  void overlap_twoAtOnce_found() {
    serves("a", 0, 5, 10, 15);
    serves("b", 11, 14, 20);

    assertThat(history.overlap().orElseThrow())
        .extracting(ServingHistory.Interval::host)
        .containsExactly("a", "b");
  }

  /** A long interval is not hidden by a short one of its own host in between. */
  @Test
  void overlap_withinALongInterval_found() {
    serves("a", 0, 15, 30, 45, 60);
    serves("a", 2, 4, 6);
    serves("b", 50, 52);

    assertThat(history.overlap()).isPresent();
  }

  @Test
  void overlap_noAnswerForLongInBetween_nothingIsSaidAboutThat() {
    serves("a", 0, 5, 100, 105);
    serves("b", 50, 55);

    assertThat(history.overlap()).isEmpty();
  }

  @Test
  void intervals_noInBetween_twoIntervals() {
    ServingHistory.Answers answers = history.of("a");
    answers.add(true, 0, 1);
    answers.add(true, 2, 3);
    answers.add(false, 4, 5);
    answers.add(true, 6, 7);
    answers.add(true, 8, 9);
    answers.end();

    assertThat(history.intervals())
        .containsExactly(
            new ServingHistory.Interval("a", 1, 2), new ServingHistory.Interval("a", 7, 8));
  }
}
