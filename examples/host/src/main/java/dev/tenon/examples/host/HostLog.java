package dev.tenon.examples.host;

import dev.tenon.core.Caller;
import dev.tenon.core.Grant;
import dev.tenon.examples.host.v1.LogAck;
import dev.tenon.examples.host.v1.LogGrpc;
import dev.tenon.examples.host.v1.LogRecord;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.lang.System.Logger.Level;
import java.util.Locale;

/**
 * The host service that takes plugins' log records, each under the name of the plugin that called.
 * It is offered by grant: the policy says which levels a plugin may write.
 */
final class HostLog extends LogGrpc.LogImplBase {
  private static final System.Logger LOG = System.getLogger("dev.tenon.examples.log");
  private static final int MAX_MESSAGE_BYTES = 1024;

  @Override
  public void write(LogRecord entry, StreamObserver<LogAck> observer) {
    boolean fits =
        entry.getMessageBytes().size() <= MAX_MESSAGE_BYTES
            && !entry.getMessage().isEmpty()
            && entry.getMessage().chars().noneMatch(Character::isISOControl);
    Level level = level(entry);
    if (!fits || level == Level.OFF) {
      observer.onError(
          Status.INVALID_ARGUMENT
              .withDescription(
                  "record: (expected: a level, and 1 to 1024 bytes without control characters)")
              .asException());
      return;
    }
    Grant.require("log:write:" + level.getName().toLowerCase(Locale.ROOT));
    String caller = Caller.current().map(Caller::name).orElse("nobody");
    LOG.log(level, "[{0}] {1}", caller, entry.getMessage());
    observer.onNext(LogAck.getDefaultInstance());
    observer.onCompleted();
  }

  private static Level level(LogRecord entry) {
    return switch (entry.getLevel()) {
      case LOG_LEVEL_DEBUG -> Level.DEBUG;
      case LOG_LEVEL_INFO -> Level.INFO;
      case LOG_LEVEL_WARNING -> Level.WARNING;
      case LOG_LEVEL_ERROR -> Level.ERROR;
      case LOG_LEVEL_UNSPECIFIED, UNRECOGNIZED -> Level.OFF;
    };
  }
}
