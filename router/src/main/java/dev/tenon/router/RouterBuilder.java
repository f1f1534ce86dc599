package dev.tenon.router;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.audit.AuditLog;
import dev.tenon.auth.grant.GrantStore;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.BreakerPolicy;
import dev.tenon.core.CallLimits;
import dev.tenon.core.EjectionPolicy;
import dev.tenon.core.OnBehalfOf;
import dev.tenon.core.RetryPolicy;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.router.choose.BreakerWatch;
import dev.tenon.router.choose.Retries;
import dev.tenon.router.choose.Standings;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Collects what a router works with. Not thread-safe. */
public final class RouterBuilder {
  private @Nullable Supplier<Policy> policy;
  private @Nullable ServiceRegistry registry;
  private @Nullable HostServices hostServices;
  private @Nullable Backends backends;
  private HostBackends otherHosts = HostBackends.NONE;
  private OnDemand onDemand = OnDemand.NEVER;
  private OnBehalfOf.Verifier onBehalfOf = OnBehalfOf.Verifier.NONE;
  private @Nullable GrantStore grants;
  private @Nullable AuditLog audit;
  private InstantSource clock = InstantSource.system();
  private CallLimits limits = CallLimits.DEFAULT;
  private BreakerPolicy breakers = BreakerPolicy.DEFAULT;
  private BreakerWatch breakerWatch = BreakerWatch.NONE;
  private EjectionPolicy ejections = EjectionPolicy.DEFAULT;
  private RetryPolicy retries = RetryPolicy.DEFAULT;
  private LongSupplier nanoTime = System::nanoTime;
  private ToIntFunction<String> maxMessageBytes = actor -> Integer.MAX_VALUE;

  RouterBuilder() {}

  /** Sets where the policy is read, for every call; another instance takes effect at once. */
  public RouterBuilder policy(Supplier<Policy> policy) {
    this.policy = requireNonNull(policy, "policy");
    return this;
  }

  /** Sets who provides what. */
  public RouterBuilder registry(ServiceRegistry registry) {
    this.registry = requireNonNull(registry, "registry");
    return this;
  }

  /** Sets the host's own services, which win over plugins. The router does not close them. */
  public RouterBuilder hostServices(HostServices hostServices) {
    this.hostServices = requireNonNull(hostServices, "hostServices");
    return this;
  }

  /** Sets how plugins are reached. */
  public RouterBuilder backends(Backends backends) {
    this.backends = requireNonNull(backends, "backends");
    return this;
  }

  /** Sets how other hosts are reached, behind which providers are; none unless set. */
  public RouterBuilder otherHosts(HostBackends otherHosts) {
    this.otherHosts = requireNonNull(otherHosts, "otherHosts");
    return this;
  }

  /** Sets what starts providers that are missing; nothing unless set. */
  public RouterBuilder onDemand(OnDemand onDemand) {
    this.onDemand = requireNonNull(onDemand, "onDemand");
    return this;
  }

  /** Sets who says on whose behalf calls are made; without it such calls are refused. */
  public RouterBuilder onBehalfOf(OnBehalfOf.Verifier verifier) {
    this.onBehalfOf = requireNonNull(verifier, "verifier");
    return this;
  }

  /** Sets the grants; needed only where a service of the host is offered by grant. */
  public RouterBuilder grants(GrantStore grants) {
    this.grants = requireNonNull(grants, "grants");
    return this;
  }

  /** Sets where calls are recorded. The router does not close it. */
  public RouterBuilder audit(AuditLog audit) {
    this.audit = requireNonNull(audit, "audit");
    return this;
  }

  /** Sets how many calls may be open at once; the default ones unless set. */
  public RouterBuilder limits(CallLimits limits) {
    this.limits = requireNonNull(limits, "limits");
    return this;
  }

  /** Sets when providers that fail get no calls, and who is told; the default unless set. */
  public RouterBuilder breakers(BreakerPolicy breakers, BreakerWatch watch) {
    this.breakers = requireNonNull(breakers, "breakers");
    this.breakerWatch = requireNonNull(watch, "watch");
    return this;
  }

  /** Sets when calls go around providers that fail; the default unless set. */
  public RouterBuilder ejections(EjectionPolicy ejections) {
    this.ejections = requireNonNull(ejections, "ejections");
    return this;
  }

  /** Sets which calls are made again; the default unless set. */
  public RouterBuilder retries(RetryPolicy retries) {
    this.retries = requireNonNull(retries, "retries");
    return this;
  }

  /** Sets the clock of breakers and ejections. */
  RouterBuilder nanoTime(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    return this;
  }

  /**
   * Sets how long the messages of and to a run may be, by what the audit log calls it, where that
   * is less than the servers allow, else {@link Integer#MAX_VALUE}; the latter for all unless set.
   */
  public RouterBuilder maxMessageBytes(ToIntFunction<String> maxMessageBytes) {
    this.maxMessageBytes = requireNonNull(maxMessageBytes, "maxMessageBytes");
    return this;
  }

  /** Sets the time of audit events; the system's clock unless set. */
  public RouterBuilder clock(InstantSource clock) {
    this.clock = requireNonNull(clock, "clock");
    return this;
  }

  /**
   * Returns the router.
   *
   * @throws NullPointerException if a part is missing; the message names it
   * @throws IllegalArgumentException if a service is offered by grant and there are no grants
   */
  public Router build() {
    CallCounters counters = new CallCounters();
    CallAudit callAudit = new CallAudit(requireNonNull(audit, "audit"), clock);
    Standings standings = new Standings(breakers, ejections, nanoTime, breakerWatch);
    Retries again = new Retries(retries, () -> ThreadLocalRandom.current().nextLong());
    Routes routes =
        new Routes(
            new Decisions(requireNonNull(policy, "policy")),
            requireNonNull(registry, "registry"),
            requireNonNull(hostServices, "hostServices"),
            requireNonNull(backends, "backends"),
            otherHosts,
            onDemand,
            new Delegations(onBehalfOf),
            new GrantCheck(hostServices, grants),
            new Callbacks(hostServices, grants, callAudit),
            callAudit,
            counters,
            standings,
            again);
    return new Router(routes, callAudit, counters, standings, again, limits, maxMessageBytes);
  }
}
