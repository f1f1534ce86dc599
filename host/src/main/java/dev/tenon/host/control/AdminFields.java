package dev.tenon.host.control;

import com.google.protobuf.Duration;
import dev.tenon.core.CallPath;
import dev.tenon.core.InvalidRequestException;
import dev.tenon.core.PluginName;
import dev.tenon.core.Reason;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;

/** The fields of administrators' requests as values that cannot be wrong. */
final class AdminFields {
  /** A page of the audit log. */
  private static final int MOST_RECORDS = 1000;

  private AdminFields() {}

  static RuntimeId run(String text) throws InvalidRequestException {
    return Field.read("runtime_id", text, RuntimeId::new);
  }

  /** Returns the run called {@code run}. */
  static PluginRun known(PluginRuns runs, RuntimeId run) throws RunNotFoundException {
    return runs.find(run).orElseThrow(() -> new RunNotFoundException(run));
  }

  static PluginName plugin(String text) throws InvalidRequestException {
    return Field.read("plugin", text, PluginName::new);
  }

  static ServiceName service(String text) throws InvalidRequestException {
    return Field.read("service", text, ServiceName::new);
  }

  static CallPath path(String service, String method) throws InvalidRequestException {
    ServiceName name = service(service);
    return Field.read("method", method, text -> new CallPath(name, text));
  }

  /** Returns why something is to be done; what is to be done has a reason. */
  static Reason reason(String text) throws InvalidRequestException {
    Reason reason = Field.read("reason", text, Reason::new);
    if (reason.text().isBlank()) {
      throw new InvalidRequestException("reason: empty (expected: why, for the audit log)");
    }
    return reason;
  }

  /** Returns a number of records that fits on a page. */
  static int records(int most) {
    if (most < 0 || most > MOST_RECORDS) {
      throw new IllegalArgumentException(most + " (expected: at most " + MOST_RECORDS + ")");
    }
    return most;
  }

  static java.time.Duration wait(Duration raw) throws InvalidRequestException {
    return Field.read("wait", raw, Discoveries::wait);
  }
}
