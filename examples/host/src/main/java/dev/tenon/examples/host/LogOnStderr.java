package dev.tenon.examples.host;

import dev.tenon.core.Printable;
import java.io.UnsupportedEncodingException;
import java.time.Instant;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * The program's log: one line a record on stderr. The platform's logging is behind System.Logger
 * here.
 */
final class LogOnStderr {
  private LogOnStderr() {}

  static void install(Level level) {
    LogManager.getLogManager().reset();
    ConsoleHandler handler = new ConsoleHandler();
    handler.setFormatter(new OneLine());
    handler.setLevel(level);
    setUtf8(handler);
    Logger root = Logger.getLogger("");
    root.setLevel(level);
    root.addHandler(handler);
  }

  private static void setUtf8(ConsoleHandler handler) {
    try {
      handler.setEncoding("UTF-8");
    } catch (UnsupportedEncodingException e) {
      throw new AssertionError("every Java platform has UTF-8", e);
    }
  }

  /** Time, level, logger and message, and for a fault its text. */
  private static final class OneLine extends Formatter {
    @Override
    public String format(LogRecord entry) {
      StringBuilder line = new StringBuilder(160);
      line.append(Instant.ofEpochMilli(entry.getMillis())).append(' ');
      line.append(entry.getLevel().getName()).append(' ');
      line.append(entry.getLoggerName()).append(": ");
      line.append(Printable.line(formatMessage(entry)));
      if (entry.getThrown() != null) {
        line.append(" (").append(Printable.line(entry.getThrown().toString())).append(')');
      }
      return line.append('\n').toString();
    }
  }
}
