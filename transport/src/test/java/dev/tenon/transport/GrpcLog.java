package dev.tenon.transport;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What grpc-java logs from INFO on while it is open. */
final class GrpcLog extends Handler implements AutoCloseable {
  private static final Logger GRPC = Logger.getLogger("io.grpc");

  private final List<String> lines = new CopyOnWriteArrayList<>();

  static GrpcLog open() {
    GrpcLog log = new GrpcLog();
    GRPC.addHandler(log);
    return log;
  }

  List<String> lines() {
    return lines;
  }

  @Override
  public void publish(LogRecord entry) {
    if (entry.getLevel().intValue() >= Level.INFO.intValue()) {
      lines.add(entry.getLevel() + " " + entry.getMessage());
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    GRPC.removeHandler(this);
  }
}
