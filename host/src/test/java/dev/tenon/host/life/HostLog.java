package dev.tenon.host.life;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** What hosts in this JVM log while it is open. Thread-safe. */
final class HostLog extends Handler implements AutoCloseable {
  private final Logger logger = Logger.getLogger("dev.tenon");
  private final List<String> lines = new CopyOnWriteArrayList<>();

  private HostLog() {}

  static HostLog open() {
    HostLog log = new HostLog();
    log.logger.addHandler(log);
    return log;
  }

  /** Returns all messages so far. */
  List<String> lines() {
    return List.copyOf(lines);
  }

  /** Returns the messages so far that carry a plugin's output. */
  List<String> of(String plugin) {
    return lines.stream().filter(line -> line.startsWith("[" + plugin + " ")).toList();
  }

  @Override
  public void publish(LogRecord message) {
    if (message.getLevel().intValue() >= Level.INFO.intValue()) {
      lines.add(new SimpleFormatter().formatMessage(message));
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
  }
}
