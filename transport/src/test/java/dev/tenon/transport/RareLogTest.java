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
  private final RareLog log = new RareLog(lines, Duration.ofSeconds(1), nanos::get);

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
