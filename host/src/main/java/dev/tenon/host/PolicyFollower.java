package dev.tenon.host;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.auth.policy.PolicyDocument;
import dev.tenon.host.control.ControlAudit;
import dev.tenon.host.control.Order;
import java.lang.System.Logger.Level;
import java.util.Optional;

/** Follows a policy file. On the policy thread only. */
final class PolicyFollower {
  private static final System.Logger LOG = System.getLogger(PolicyFollower.class.getName());

  private final PolicySource source;
  private final PolicyInForce inForce;
  private final ControlAudit audit;
  private Optional<PolicyDocument> used;
  private Optional<PolicyDocument> seen = Optional.empty();
  private String problem = "";

  PolicyFollower(
      PolicySource source,
      Optional<PolicyDocument> first,
      PolicyInForce inForce,
      ControlAudit audit) {
    this.source = source;
    this.used = first;
    this.inForce = inForce;
    this.audit = audit;
  }

  /** Puts a changed file in force if the last check read the same; otherwise only notes it. */
  void check() {
    try {
      PolicyDocument now = PolicyDocument.read(source.file());
      boolean isSettled = seen.filter(now::equals).isPresent();
      seen = Optional.of(now);
      if (isUsed(now)) {
        problem = "";
      } else if (now.text().isEmpty()) {
        keep(
            now.source()
                + ": empty, as while it is being written (expected: a policy, or a comment)");
      } else if (isSettled) {
        use(now, "the file changed");
      }
    } catch (ConfigException | AuditFailedException e) {
      keep(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      keep("the file could not be used: " + e); // a check that throws would be the last one
    }
  }

  /**
   * Puts the file in force as it is now, whatever the last check saw.
   *
   * @return whether it says something else than before
   * @throws ConfigException if it is missing, or no policy: the last good one stays in force
   * @throws AuditFailedException if the change could not be recorded: nothing changed
   */
  boolean reload() throws ConfigException, AuditFailedException {
    PolicyDocument now = PolicyDocument.read(source.file());
    if (isUsed(now)) {
      return false;
    }
    use(now, "reload was asked for");
    return true;
  }

  private boolean isUsed(PolicyDocument now) {
    return used.filter(now::equals).isPresent();
  }

  private void use(PolicyDocument now, String reason) throws ConfigException, AuditFailedException {
    Policy next = source.narrowed(now.policy());
    inForce.replace(next, Order.ofProgram(reason));
    used = Optional.of(now);
    problem = "";
    LOG.log(
        Level.INFO, "{0}: a new policy is in force, {1} rules", now.source(), next.rules().size());
  }

  /** Says once for each problem that the last good policy stays in force. */
  private void keep(String found) {
    if (found.equals(problem)) {
      return;
    }
    problem = found;
    LOG.log(
        Level.WARNING,
        "The policy file is not used; the last good policy stays in force. {0}",
        found);
    try {
      audit.failed("policy", "replace", source.file().toString(), found);
    } catch (AuditFailedException e) {
      LOG.log(Level.WARNING, "and that could not be recorded", e);
    }
  }
}
