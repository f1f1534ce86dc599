package dev.tenon.host.control;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/** What administrators ask of a host beyond its control plane. Thread-safe. */
public interface HostOperations {
  /** One run of a plugin as the host shows it. */
  record PluginView(
      RuntimeId run,
      OptionalLong pid,
      String isolation,
      PluginState state,
      long inFlight,
      List<ServiceName> services) {
    /** Copies the list. */
    public PluginView {
      services = List.copyOf(services);
    }
  }

  /** Returns the runs that the host shows, by name. */
  List<PluginView> list();

  /**
   * Takes {@code run} out of service, and returns at once what completes with the number of calls
   * in flight: zero when there are none left, or what there is after {@code most}. It completes on
   * any thread, which must not be blocked.
   */
  CompletableFuture<Long> drain(PluginRun run, Duration most);

  /**
   * Takes the right to provide {@code service} from {@code plugin}, and its registrations with it.
   *
   * @return whether it had the right
   * @throws AuditFailedException if that could not be recorded: nothing changed
   */
  boolean withdraw(PluginName plugin, ServiceName service, Order order) throws AuditFailedException;

  /** Returns the last records of the audit log, at most {@code most}, the oldest first. */
  List<String> audit(int most);
}
