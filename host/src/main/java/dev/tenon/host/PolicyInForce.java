package dev.tenon.host;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.host.control.ControlAudit;
import dev.tenon.host.control.Order;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** The policy of a host: one at a time, replaced as a whole. */
final class PolicyInForce implements Supplier<Policy> {
  /*
   * Readers load `policy` once for each decision. It is replaced on one thread, HostThreads.policy,
   * so that the audit log has the changes in the order in which they took effect, and no lock is
   * held while it is written.
   */
  private final ControlAudit audit;
  private final CopyOnWriteArrayList<Runnable> followers = new CopyOnWriteArrayList<>();
  private volatile Policy policy;

  PolicyInForce(Policy first, ControlAudit audit) {
    this.policy = first;
    this.audit = audit;
  }

  @Override
  public Policy get() {
    return policy;
  }

  /** Calls {@code follower} after each change, on the thread that makes it. */
  void whenChanged(Runnable follower) {
    followers.add(follower);
  }

  /**
   * Records the change, puts {@code next} in force, and ends what it does not allow. On the policy
   * thread only.
   *
   * @throws AuditFailedException if it could not be recorded: nothing changed
   */
  void replace(Policy next, Order order) throws AuditFailedException {
    audit.success(
        "policy",
        order.actor(),
        "replace",
        /* resource= */ null,
        Map.of("reason", order.reason(), "rules", String.valueOf(next.rules().size())));
    policy = next;
    followers.forEach(Runnable::run);
  }
}
