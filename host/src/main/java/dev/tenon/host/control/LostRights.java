package dev.tenon.host.control;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.PluginName;
import dev.tenon.registry.Registration;
import dev.tenon.registry.RegistrationNotFoundException;
import dev.tenon.registry.ServiceRegistry;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What becomes of registrations when a policy takes the right to them away: they go, and those who
 * watch are told. The run goes on, with what it may still provide. Thread-safe.
 */
public final class LostRights {
  private static final System.Logger LOG = System.getLogger(LostRights.class.getName());

  private final Supplier<Policy> policy;
  private final ServiceRegistry registry;
  private final ControlAudit audit;

  /** Makes the one that looks through {@code registry}. */
  public LostRights(Supplier<Policy> policy, ServiceRegistry registry, ControlAudit audit) {
    this.policy = requireNonNull(policy, "policy");
    this.registry = requireNonNull(registry, "registry");
    this.audit = requireNonNull(audit, "audit");
  }

  /**
   * Ends the registrations that the policy in force gives no right to. To be called after it came
   * into force: whoever registers meanwhile looks again by itself. What is behind other hosts is
   * theirs to end.
   */
  public void policyChanged() {
    Policy now = policy.get();
    for (Registration claim : registry.registrations()) {
      if (registry.behind(claim.provider()).isEmpty()
          && now.mayProvide(claim.provider().plugin(), claim.service()).isEmpty()) {
        end(claim);
      }
    }
  }

  /** The right is gone already: that the registration follows does not depend on the log. */
  private void end(Registration claim) {
    try {
      audit.success(
          ProviderClaims.EVENT,
          PluginName.HOST,
          "withdraw",
          claim.service().value(),
          Map.of(
              "registration",
              claim.id(),
              "run",
              claim.provider().value(),
              "reason",
              "the policy gives no right to it any more"));
    } catch (AuditFailedException e) {
      LOG.log(Level.WARNING, "the end of a registration of {0} is not on record", claim.provider());
    }
    try {
      registry.unregister(claim.provider(), claim.id());
    } catch (RegistrationNotFoundException e) {
      // It ended by itself meanwhile.
    }
  }
}
