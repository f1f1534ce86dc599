package dev.tenon.host.control;

import dev.tenon.auth.policy.Policy;
import dev.tenon.auth.policy.ProvideRight;
import dev.tenon.core.Annotations;
import dev.tenon.core.PluginName;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.Version;
import dev.tenon.registry.LimitReachedException;
import dev.tenon.registry.Registration;
import dev.tenon.registry.RegistrationNotFoundException;
import dev.tenon.registry.RegistryUnavailableException;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.registry.ServiceTakenException;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * What runs register, by right: what the policy allows, narrowed by what the plugin declared. One
 * way for plugins of every kind; recorded before it takes effect. Thread-safe.
 */
public final class ProviderClaims {
  static final String EVENT = "registration";

  private final PluginRuns runs;
  private final Supplier<Policy> policy;
  private final Set<ServiceName> hostServices;
  private final ControlAudit audit;

  /** Makes the claims of {@code runs}; nobody but the host provides {@code hostServices}. */
  public ProviderClaims(
      PluginRuns runs, Supplier<Policy> policy, Set<ServiceName> hostServices, ControlAudit audit) {
    this.runs = runs;
    this.policy = policy;
    this.hostServices = Set.copyOf(hostServices);
    this.audit = audit;
  }

  /**
   * Registers {@code service} of {@code provider} and returns the claim; it lives while {@code
   * isLeased}.
   *
   * @throws RefusedException if the plugin may not provide it, another does so exclusively, the run
   *     has ended, or hosts share a registry that does not answer; nothing is registered then
   */
  public Registration register(
      RuntimeId provider,
      ServiceName service,
      Version version,
      Annotations annotations,
      Predicate<RuntimeId> isLeased)
      throws RefusedException {
    ServiceRegistry registry = runs.registry();
    try {
      Registration claim =
          new Registration(
              runs.trust().mint().registrationId(),
              provider,
              service,
              version,
              annotations,
              right(provider, service));
      registry.check(claim);
      audit.success(
          EVENT,
          provider.value(),
          "register",
          service.value(),
          Map.of("registration", claim.id(), "version", version.toString()));
      registry.register(claim);
      requireLeased(claim, isLeased);
      return claim;
    } catch (RegistrationDeniedException e) {
      audit.denied(EVENT, provider.value(), "register", service.value(), e.auditReason());
      throw e;
    } catch (ServiceTakenException e) {
      audit.denied(EVENT, provider.value(), "register", service.value(), e.auditReason());
      throw e;
    } catch (LimitReachedException e) {
      audit.denied(EVENT, provider.value(), "register", service.value(), e.auditReason());
      throw e;
    } catch (RegistryUnavailableException e) {
      audit.denied(EVENT, provider.value(), "register", service.value(), e.auditReason());
      throw e;
    }
  }

  /** Has the host connect to {@code provider}, which is about to be called. Returns at once. */
  void warm(RuntimeId provider) {
    runs.find(provider).ifPresent(run -> run.channels().warm());
  }

  /**
   * Takes {@code claim} back if the run or its last connection ended, or its right, while it was
   * made: whoever removed registrations for that could not see it.
   */
  private void requireLeased(Registration claim, Predicate<RuntimeId> isLeased)
      throws RegistrationDeniedException {
    RuntimeId provider = claim.provider();
    boolean lives = runs.find(provider).filter(PluginRun::isInService).isPresent();
    boolean hasRight = policy.get().mayProvide(provider.plugin(), claim.service()).isPresent();
    if (lives && hasRight && isLeased.test(provider)) {
      return;
    }
    try {
      runs.registry().unregister(provider, claim.id());
    } catch (RegistrationNotFoundException e) {
      // It was seen after all.
    }
    throw new RegistrationDeniedException(
        provider.plugin(), claim.service(), "the run, its connection or its right has ended");
  }

  private Sharing right(RuntimeId provider, ServiceName service)
      throws RegistrationDeniedException {
    PluginName plugin = provider.plugin();
    if (service.isReserved() || hostServices.contains(service)) {
      throw new RegistrationDeniedException(plugin, service, "a service of the host");
    }
    boolean declared =
        runs.find(provider)
            .flatMap(PluginRun::declaration)
            .map(declaration -> declaration.provides().contains(service))
            .orElse(false);
    if (!declared) {
      throw new RegistrationDeniedException(plugin, service, "not declared when it enrolled");
    }
    return policy
        .get()
        .mayProvide(plugin, service)
        .map(ProvideRight::sharing)
        .orElseThrow(
            () -> new RegistrationDeniedException(plugin, service, "no [[provide]] entry"));
  }
}
