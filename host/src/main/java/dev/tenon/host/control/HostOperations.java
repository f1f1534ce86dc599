package dev.tenon.host.control;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditTail;
import dev.tenon.core.InvalidRequestException;
import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import io.grpc.Channel;
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
  List<AuditTail.Line> audit(int most);

  /** Returns the records of the audit log after the one with this number, as far as a page goes. */
  List<AuditTail.Line> auditAfter(long sequence);

  /** Returns the channel on which the host itself calls, without a default deadline. */
  Channel calls();

  /** A plugin that an administrator brings: read from a folder, and not started. */
  interface Newcomer {
    /** Returns its name. */
    PluginName name();

    /**
     * Adds it, and returns when it is healthy.
     *
     * @throws InvalidRequestException if the host has it already, or it would start later
     * @throws PluginBusyException if it is being changed
     * @throws ChangeFailedException if it did not get there; nothing of it is left
     */
    void add(Order order) throws RefusedException;

    /**
     * Puts it in the place of {@code old}, whose calls may go on for {@code calls}; returns when
     * the old one is gone.
     *
     * @throws PluginNotFoundException if the host has no such plugin
     * @throws InvalidRequestException if it is another's successor, or one that starts later
     * @throws PluginBusyException if it is being changed
     * @throws ChangeFailedException if it did not get there; the old one has served on
     */
    void replace(PluginName old, Duration calls, Order order) throws RefusedException;
  }

  /**
   * Reads the plugin of {@code folder}, below the host's plugins directory.
   *
   * @throws InvalidRequestException if there is none, or it is not what it should be
   */
  Newcomer newcomer(String folder) throws InvalidRequestException;

  /**
   * Removes {@code plugin} with all of its runs, and returns when they are gone.
   *
   * @return the plugins that require what nobody provides any more
   * @throws PluginNotFoundException if the host has no such plugin
   * @throws PluginBusyException if it is being changed
   * @throws AuditFailedException if that could not be recorded: nothing changed
   */
  List<PluginName> remove(PluginName plugin, Order order) throws RefusedException;
}
