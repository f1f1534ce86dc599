package dev.tenon.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A log that a peer cannot flood. Row: PK-23. */
final class RareLogTest {
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
  private final Lines lines = new Lines();
  private final RareLog log = new RareLog(lines, nanos::get);

  @Test
  void warn_manyTimesInOnePeriod_writesOnceAndCountsTheRest() {
    for (int i = 0; i < 1_000; i++) {
      log.warn("refused");
    }
    assertThat(lines.written).containsExactly("refused 0");
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    log.warn("again");
    assertThat(lines.written).containsExactly("refused 0", "again 999");
  }

  private void warnForAnHour() {
    for (int tenths = 0; tenths < 36_000; tenths++) {
      log.warn("refused");
      nanos.addAndGet(Duration.ofMillis(100).toNanos());
    }
  }

  /** 1 s, 2 s, 4 s and so on to 32 s, and a minute from then on. */
  @Test
  void warn_forAnHour_writesLessAndLessOftenAndCountsAll() {
    warnForAnHour();

    assertThat(lines.written).hasSize(1 + 6 + 58);
    assertThat(lines.written).startsWith("refused 0", "refused 9", "refused 19", "refused 39");
    assertThat(lines.written).endsWith("refused 599");
  }

  /** What comes each second is no less than what comes all the time. */
  @Test
  void warn_everySecond_writesLessAndLessOften() {
    for (int seconds = 0; seconds < 3_600; seconds++) {
      log.warn("a");
      nanos.addAndGet(Duration.ofMillis(1_010).toNanos());
    }

    assertThat(lines.written).hasSizeBetween(60, 70).startsWith("a 0", "a 0", "a 1", "a 3");
  }

  @Test
  void warn_everyThreeSeconds_writesAll() {
    for (int i = 0; i < 3; i++) {
      log.warn("a");
      nanos.addAndGet(Duration.ofSeconds(3).toNanos());
    }

    assertThat(lines.written).containsExactly("a 0", "a 0", "a 0");
  }

  @Test
  void defect_besideWarningsForAnHour_writesAtOnce() {
    warnForAnHour();
    lines.written.clear();

    log.defect("of ours", new IllegalStateException());

    assertThat(lines.written).containsExactly("of ours (left out since the last such line: 0)");
  }

  @Test
  void warn_whenItHasBeenQuiet_writesAtOnceAndAfterASecond() {
    warnForAnHour();
    lines.written.clear();
    nanos.addAndGet(Duration.ofHours(1).toNanos());

    log.warn("again");
    log.warn("left out");
    nanos.addAndGet(RareLog.SHORTEST.toNanos());
    log.warn("and again");

    assertThat(lines.written).hasSize(2);
    assertThat(lines.written.get(0)).startsWith("again ");
    assertThat(lines.written.get(1)).isEqualTo("and again 1");
  }

  private static final class Lines implements System.Logger {
    private final List<String> written = new ArrayList<>();

    @Override
    public String getName() {
      return "lines";
    }

    @Override
    public boolean isLoggable(Level level) {
      return true;
    }

    @Override
    public void log(
        Level level, @Nullable ResourceBundle bundle, String message, @Nullable Throwable thrown) {
      written.add(message);
    }

    @Override
    public void log(
        Level level, @Nullable ResourceBundle bundle, String format, @Nullable Object... values) {
      written.add(values[0] + " " + values[1]);
    }
  }
}
