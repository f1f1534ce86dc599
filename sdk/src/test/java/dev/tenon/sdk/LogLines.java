package dev.tenon.sdk;

import static org.awaitility.Awaitility.await;

import java.text.MessageFormat;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What is logged while this is open: by the SDK, if nobody else is named. Thread-safe. */
final class LogLines extends Handler implements AutoCloseable {
  private final List<String> lines = new CopyOnWriteArrayList<>();

  private final Logger logger;

  LogLines() {
    this("dev.tenon.sdk");
  }

  LogLines(String name) {
    logger = Logger.getLogger(name);
    logger.addHandler(this);
  }

  List<String> lines() {
    return lines;
  }

  /** Waits until {@code count} lines have {@code text}. */
  void awaitLines(String text, int count) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> lines.stream().filter(line -> line.contains(text)).count() == count);
  }

  @Override
  public void publish(LogRecord entry) {
    Object[] parameters = entry.getParameters();
    lines.add(
        parameters == null
            ? String.valueOf(entry.getMessage())
            : MessageFormat.format(entry.getMessage(), parameters));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
  }
}
