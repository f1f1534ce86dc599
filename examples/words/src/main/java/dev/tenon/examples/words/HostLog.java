package dev.tenon.examples.words;

import dev.tenon.v1.log.LogGrpc.LogBlockingStub;
import dev.tenon.v1.log.LogLevel;
import dev.tenon.v1.log.LogRecord;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * The host's log. A record that the host does not take costs no result: it is noted on stderr,
 * which the host collects too. Thread-safe.
 */
final class HostLog {
  private static final Logger LOG = System.getLogger(HostLog.class.getName());

  private final LogBlockingStub stub;

  HostLog(LogBlockingStub stub) {
    this.stub = stub;
  }

  void info(String message) {
    write(LogLevel.LOG_LEVEL_INFO, message);
  }

  void warning(String message) {
    write(LogLevel.LOG_LEVEL_WARNING, message);
  }

  private void write(LogLevel level, String message) {
    LogRecord record = LogRecord.newBuilder().setLevel(level).setMessage(message).build();
    // Forked: the end of a call is worth a record even when its caller has cancelled it.
    Context.current().fork().run(() -> write(record));
  }

  private void write(LogRecord record) {
    try {
      var unused = stub.write(record);
    } catch (StatusRuntimeException e) {
      LOG.log(Level.WARNING, "the host did not take a log record: " + record.getMessage(), e);
    }
  }
}
