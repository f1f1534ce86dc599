package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.policy.Explanation;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.CallPath;
import dev.tenon.core.PluginName;
import dev.tenon.core.ServiceName;
import dev.tenon.host.control.Order;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;

/**
 * The policy of a running host: which one is in force, how another one takes its place, and why it
 * decides as it does. Thread-safe.
 *
 * <p>A change is recorded, takes effect for all at once, and ends the open calls and watches that
 * the new policy denies, with PERMISSION_DENIED. Other calls go on untouched. Registrations that a
 * plugin has no right to any more go, and who watches them is told.
 */
public final class HostPolicy {
  private final PolicyInForce inForce;
  private final Optional<PolicyFollower> follower;
  private final ExecutorService changes;

  HostPolicy(PolicyInForce inForce, Optional<PolicyFollower> follower, ExecutorService changes) {
    this.inForce = inForce;
    this.follower = follower;
    this.changes = changes;
  }

  /** Returns the policy that is in force now. */
  public Policy current() {
    return inForce.get();
  }

  /**
   * Puts {@code next} in force in place of the present policy; when this returns, it is. A file
   * that the host follows takes its place again once its text changes.
   *
   * @param reason for the audit log
   * @throws AuditFailedException if the change could not be recorded: nothing changed
   * @throws IllegalStateException if the host is closed
   */
  public void replace(Policy next, String reason) throws AuditFailedException {
    requireNonNull(next, "next");
    requireNonNull(reason, "reason");
    try {
      var unused =
          onPolicyThread(
              () -> {
                inForce.replace(next, Order.ofProgram(reason));
                return true;
              });
    } catch (ConfigException e) {
      throw new IllegalStateException("policy: read (expected: given)", e);
    }
  }

  /**
   * Reads the policy file that the host follows and puts it in force, without waiting for the next
   * check.
   *
   * @return whether its text had changed
   * @throws ConfigException if it is missing, or no policy: the last good one stays in force
   * @throws AuditFailedException if the change could not be recorded: nothing changed
   * @throws IllegalStateException if the host follows no file, or is closed
   */
  public boolean reload() throws ConfigException, AuditFailedException {
    PolicyFollower followed =
        follower.orElseThrow(
            () -> new IllegalStateException("policy: given (expected: a file that is followed)"));
    return onPolicyThread(followed::reload);
  }

  /**
   * Takes from {@code plugin} the right to provide {@code service}; when this returns, its
   * registrations of it are gone. A file that the host follows gives the right back once its text
   * changes, if it still does.
   *
   * @param reason for the audit log
   * @return whether it had the right
   * @throws AuditFailedException if that could not be recorded: nothing changed
   * @throws IllegalStateException if the host is closed
   */
  public boolean withdraw(PluginName plugin, ServiceName service, String reason)
      throws AuditFailedException {
    return withdraw(plugin, service, Order.ofProgram(requireNonNull(reason, "reason")));
  }

  boolean withdraw(PluginName plugin, ServiceName service, Order order)
      throws AuditFailedException {
    requireNonNull(plugin, "plugin");
    requireNonNull(service, "service");
    try {
      return onPolicyThread(
          () -> {
            Policy before = inForce.get();
            if (before.mayProvide(plugin, service).isEmpty()) {
              return false;
            }
            inForce.replace(before.without(plugin, service), order);
            return true;
          });
    } catch (ConfigException e) {
      throw new IllegalStateException("policy: read (expected: given)", e);
    }
  }

  /**
   * Tells why the rules allow a call or do not.
   *
   * @param caller the name of a plugin, or {@code host}
   * @throws IllegalArgumentException if a part is malformed
   */
  public Explanation explain(String caller, String service, String method) {
    return current().explain(caller, new CallPath(new ServiceName(service), method));
  }

  private boolean onPolicyThread(Callable<Boolean> change)
      throws ConfigException, AuditFailedException {
    try {
      return changes.submit(change).get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ConfigException refused) {
        throw refused;
      }
      if (e.getCause() instanceof AuditFailedException failed) {
        throw failed;
      }
      throw new IllegalStateException("policy: could not be changed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("policy: interrupted; the change may still happen", e);
    } catch (RejectedExecutionException | CancellationException e) {
      throw new IllegalStateException("host: closed (expected: running)", e);
    }
  }
}
