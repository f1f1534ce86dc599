package dev.tenon.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.tenon.core.Caller;
import dev.tenon.core.Grant;
import dev.tenon.core.Printable;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.Token;
import dev.tenon.v1.log.LogGrpc;
import dev.tenon.v1.log.LogRecord;
import dev.tenon.v1.log.LogWritten;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The host's log for plugins: each record with the run that the router says is calling, from a
 * level on. Thread-safe.
 *
 * <p>A line is {@code [words-0123456789abcdef name="value"] message}. Whatever a plugin writes, it
 * stays on one line behind that name, and what looks like a token is left out.
 */
final class PluginLog extends LogGrpc.LogImplBase {
  /** Most bytes of a record, of message, names and values together. */
  static final int MAX_BYTES = 8192;

  /** Most fields of a record. */
  static final int MAX_FIELDS = 32;

  private static final System.Logger LOG = System.getLogger("dev.tenon.plugin.log");
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_.-]{0,63}");

  private final Level least;

  /** Makes the log; records below {@code least} are taken and not written. */
  PluginLog(Level least) {
    this.least = requireNonNull(least, "least");
  }

  @Override
  public void write(LogRecord entry, StreamObserver<LogWritten> observer) {
    try {
      Level level = level(entry);
      Grant.require("log:write:" + level.getName().toLowerCase(Locale.ROOT));
      check(entry);
      if (level.getSeverity() >= least.getSeverity()) {
        LOG.log(level, "{0}", line(entry));
      }
    } catch (StatusRuntimeException refused) {
      observer.onError(refused);
      return;
    }
    observer.onNext(LogWritten.getDefaultInstance());
    observer.onCompleted();
  }

  private static Level level(LogRecord entry) {
    return switch (entry.getLevel()) {
      case LOG_LEVEL_DEBUG -> Level.DEBUG;
      case LOG_LEVEL_INFO -> Level.INFO;
      case LOG_LEVEL_WARNING -> Level.WARNING;
      case LOG_LEVEL_ERROR -> Level.ERROR;
      case LOG_LEVEL_UNSPECIFIED, UNRECOGNIZED -> throw invalid("level: (expected: one of four)");
    };
  }

  private static void check(LogRecord entry) {
    if (entry.getMessage().isEmpty()) {
      throw invalid("message: empty (expected: what happened)");
    }
    if (entry.getFieldsCount() > MAX_FIELDS) {
      throw invalid("fields: (expected: at most " + MAX_FIELDS + ")");
    }
    int bytes = entry.getMessageBytes().size();
    for (Map.Entry<String, String> field : entry.getFieldsMap().entrySet()) {
      if (!NAME.matcher(field.getKey()).matches()) {
        throw invalid("fields: (expected: names of " + NAME + ")");
      }
      bytes += field.getKey().length() + field.getValue().getBytes(UTF_8).length;
    }
    if (bytes > MAX_BYTES) {
      throw invalid("record: " + bytes + " bytes (expected: at most " + MAX_BYTES + ")");
    }
  }

  private static StatusRuntimeException invalid(String text) {
    return Status.INVALID_ARGUMENT.withDescription(text).asRuntimeException();
  }

  private static String line(LogRecord entry) {
    StringBuilder line = new StringBuilder(128).append('[').append(caller());
    new TreeMap<>(entry.getFieldsMap())
        .forEach(
            (name, value) ->
                line.append(' ').append(name).append("=\"").append(shown(value)).append('"'));
    return line.append("] ").append(shown(entry.getMessage())).toString();
  }

  private static String shown(String text) {
    return Printable.escaped(Token.redact(text));
  }

  private static String caller() {
    SpiffeId id = Caller.current().orElseThrow().id();
    return id instanceof SpiffeId.OfPlugin plugin ? plugin.runtimeId().value() : id.name();
  }
}
