package dev.tenon.testing.attack;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.Thread.UncaughtExceptionHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * Oracles O1 and O6: everything that this JVM logs from INFO on, and the exceptions that nobody
 * caught. No error, no fault of the host, no stack trace that a peer can cause, and of each kind of
 * line at most one a second beside a few. Thread-safe.
 */
final class Logs extends Handler implements UncaughtExceptionHandler {
  /** Lines of one kind that are there whatever the time: the first, and room for two peers. */
  private static final int FEW = 3;

  private static final Logger ROOT = Logger.getLogger("");

  private final List<LogRecord> records = new CopyOnWriteArrayList<>();
  private final List<Throwable> uncaught = new CopyOnWriteArrayList<>();
  private final UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();

  void open() {
    ROOT.addHandler(this);
    Thread.setDefaultUncaughtExceptionHandler(this);
  }

  /** Forgets all up to now. */
  void begin() {
    records.clear();
    uncaught.clear();
  }

  @Override
  public void publish(LogRecord record) {
    if (record.getLevel().intValue() >= Level.INFO.intValue()) {
      records.add(record);
    }
  }

  @Override
  public void uncaughtException(Thread thread, Throwable exception) {
    uncaught.add(exception);
  }

  int lines() {
    return records.size();
  }

  /** Returns all text that was logged or thrown. */
  String text() {
    StringWriter text = new StringWriter();
    PrintWriter printer = new PrintWriter(text);
    for (LogRecord record : records) {
      printer.println(line(record));
      if (record.getThrown() != null) {
        record.getThrown().printStackTrace(printer);
      }
    }
    uncaught.forEach(exception -> exception.printStackTrace(printer));
    return text.toString();
  }

  private static String line(LogRecord record) {
    return record.getLoggerName()
        + " "
        + record.getLevel()
        + ": "
        + new SimpleFormatter().formatMessage(record);
  }

  /** Returns what was wrong in the log of a test that took {@code time}. */
  List<String> violations(Duration time) {
    List<String> violations = new ArrayList<>();
    uncaught.forEach(exception -> violations.add("O1: nobody caught " + exception));
    Map<String, Integer> lines = new HashMap<>();
    for (LogRecord record : records) {
      Throwable thrown = record.getThrown();
      if (record.getLevel().equals(Level.SEVERE) || thrown instanceof Error) {
        violations.add("O1: " + line(record) + " " + thrown);
      }
      if (thrown != null) {
        violations.add("O6: a stack trace: " + line(record) + " " + thrown);
      }
      lines.merge(record.getLoggerName() + ": " + record.getMessage(), 1, Integer::sum);
    }
    long most = FEW + time.toSeconds();
    lines.forEach(
        (kind, count) -> {
          if (count > most) {
            violations.add("O6: " + count + " lines (expected: at most " + most + "): " + kind);
          }
        });
    return violations;
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    ROOT.removeHandler(this);
    Thread.setDefaultUncaughtExceptionHandler(before);
  }
}
