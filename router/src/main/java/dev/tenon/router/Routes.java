package dev.tenon.router;

import dev.tenon.auth.policy.AuditMode;
import dev.tenon.auth.policy.CallDeniedException;
import dev.tenon.auth.policy.Permit;
import dev.tenon.core.Identity;
import dev.tenon.core.PluginName;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.registry.Fitness;
import dev.tenon.registry.NoProviderException;
import dev.tenon.registry.OtherHost;
import dev.tenon.registry.Registration;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.router.Delegations.Delegation;
import dev.tenon.router.choose.Retries;
import dev.tenon.router.choose.Standing;
import dev.tenon.router.choose.Standings;
import dev.tenon.router.relay.WireBackend;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ServerServiceDefinition;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * What a call passes before a byte of it reaches a provider: form, policy, grant, scope, health,
 * cap, audit; in this order, so that whoever has no right to a service learns nothing about it.
 * Thread-safe.
 */
final class Routes {
  /** How often a call is chosen for while breakers close and open under it. */
  private static final int MAX_CHOICES = 3;

  private final Decisions decisions;
  private final ServiceRegistry registry;
  private final HostServices hostServices;
  private final Backends backends;
  private final HostBackends otherHosts;
  private final OnDemand onDemand;
  private final Delegations delegations;
  private final GrantCheck grants;
  private final Callbacks callbacks;
  private final CallAudit audit;
  private final CallCounters counters;
  private final Standings standings;
  private final Retries retries;

  Routes(
      Decisions decisions,
      ServiceRegistry registry,
      HostServices hostServices,
      Backends backends,
      HostBackends otherHosts,
      OnDemand onDemand,
      Delegations delegations,
      GrantCheck grants,
      Callbacks callbacks,
      CallAudit audit,
      CallCounters counters,
      Standings standings,
      Retries retries) {
    this.decisions = decisions;
    this.registry = registry;
    this.hostServices = hostServices;
    this.backends = backends;
    this.otherHosts = otherHosts;
    this.onDemand = onDemand;
    this.delegations = delegations;
    this.grants = grants;
    this.callbacks = callbacks;
    this.audit = audit;
    this.counters = counters;
    this.standings = standings;
    this.retries = retries;
  }

  /**
   * Returns where the call goes, and what has to be written before it may go there. Blocks on
   * nothing.
   *
   * @param seat where the call is counted at its provider
   * @param patient whether the call can wait for a provider that is to be started; else it goes now
   *     or nowhere
   * @throws RefusedException if it goes nowhere; the audit log knows, or is the reason
   * @throws ProviderStarting if it may go somewhere soon
   */
  Route route(OpenCall call, CallCaps.Seat seat, boolean patient)
      throws RefusedException, ProviderStarting {
    CallSite site;
    try {
      site = call.site();
    } catch (IllegalArgumentException e) {
      RefusedException refused = new CallRefusedException(Refusal.NOT_PROVIDED, "malformed path");
      audit.refused(call.known().actor(), /* resource= */ null, refused);
      throw refused;
    }
    try {
      return route(call, site, seat, patient);
    } catch (RefusedException refused) {
      audit.refused(call.known().actor(), site.path().toString(), refused);
      throw refused;
    }
  }

  /**
   * Checks a call that was permitted against the policy that is in force now.
   *
   * @throws CallDeniedException if that denies it
   */
  void reauthorize(Permit permit) throws CallDeniedException {
    decisions.reauthorize(permit);
  }

  /** Returns whether the policy that gave {@code permit} is still in force. */
  boolean isCurrent(Permit permit) {
    return decisions.isCurrent(permit);
  }

  private Route route(OpenCall call, CallSite site, CallCaps.Seat seat, boolean patient)
      throws RefusedException, ProviderStarting {
    if (site.isReserved()) {
      throw new CallRefusedException(Refusal.NOT_PROVIDED, "reserved service");
    }
    Identity caller = call.caller();
    Decisions.Decision decision = decisions.decide(caller, site);
    Optional<Delegation> delegation = delegations.of(caller, site.path(), call.headers());
    ServerServiceDefinition offered = call.offered();
    boolean isOwnOnly = caller.isBehindOtherHost() || offered != null;
    Route route = choose(call, site, decision, patient, delegation, isOwnOnly);
    seat.reach(route.provider());
    if (offered == null) {
      return recorded(site, decision, route);
    }
    Route calledBack = callbacks.give(route, offered);
    try {
      return calledBack.recordedBy(record(decision, route));
    } catch (RuntimeException e) {
      calledBack.endCallback();
      throw e;
    }
  }

  private Route choose(
      OpenCall call,
      CallSite site,
      Decisions.Decision decision,
      boolean patient,
      Optional<Delegation> delegation,
      boolean isOwnOnly)
      throws RefusedException, ProviderStarting {
    Optional<RuntimeId> target = MetadataRules.target(call.headers());
    ServiceName service = site.service();
    Backend ofHost = hostServices.backend(service);
    if (ofHost != null) {
      return toHost(call, site, decision, ofHost, delegation, target);
    }
    Registration chosen = letIn(call, decision, service, target, patient, isOwnOnly);
    site.chose(chosen.service());
    Optional<OtherHost> behind = isOwnOnly ? Optional.empty() : registry.behind(chosen.provider());
    if (behind.isPresent()) {
      return toOtherHost(call, decision, behind.get(), target, delegation);
    }
    Backend backend = backend(call, site, chosen.provider());
    Route known = site.route(decision, chosen.provider().value(), backend, delegation);
    if (known != null) {
      return known;
    }
    String name = chosen.provider().plugin().value();
    return new Route(
        decision.permit(),
        chosen.provider().value(),
        name,
        backend,
        counters.cell(call.known().counted(), name, service),
        delegation,
        Optional.empty());
  }

  private Route toHost(
      OpenCall call,
      CallSite site,
      Decisions.Decision decision,
      Backend ofHost,
      Optional<Delegation> delegation,
      Optional<RuntimeId> target)
      throws RefusedException {
    if (target.isPresent()) {
      throw new CallRefusedException(Refusal.NOT_FOUND, "tenon-to names no provider");
    }
    Identity caller = call.caller();
    if (caller.isBehindOtherHost()) {
      throw new CallRefusedException(Refusal.NOT_PROVIDED, "a service of the host, for its own");
    }
    ServiceName service = site.path().service();
    Optional<ShownGrant> grant = grants.check(decision.policy(), caller, service, call.headers());
    Backend backend =
        hostServices.isDuringCalls(service)
            ? new Backend.OfChannel(backTo(grant, hostServices.channel()))
            : ofHost;
    Route known =
        grant.isPresent() ? null : site.route(decision, PluginName.HOST, backend, delegation);
    if (known != null) {
      return known;
    }
    return new Route(
        decision.permit(),
        PluginName.HOST,
        PluginName.HOST,
        backend,
        counters.cell(call.known().counted(), PluginName.HOST, service),
        delegation,
        grant);
  }

  /** What may have to be made again goes by a channel, which keeps it. */
  private Backend backend(OpenCall call, CallSite site, RuntimeId provider)
      throws CallRefusedException {
    boolean isMadeOnce = !call.visits().areRepeatable() && !retries.isIdempotent(site.path());
    if (isMadeOnce && call.isOfWire()) {
      Optional<WireBackend> connections = backends.wire(provider);
      if (connections.isPresent()) {
        return new Backend.OfWire(connections.get());
      }
    }
    if (isMadeOnce && !call.isOfWire()) {
      Optional<DirectServices> inside = backends.direct(provider);
      if (inside.isPresent()) {
        Backend last = site.lastInside(inside.get());
        return last == null
            ? new Backend.OfProcess(inside.get(), channel(provider, call.caller()))
            : last;
      }
    }
    return new Backend.OfChannel(channel(provider, call.caller()));
  }

  private Channel channel(RuntimeId provider, Identity caller) throws CallRefusedException {
    return backends
        .backend(provider, caller)
        .orElseThrow(() -> new CallRefusedException(Refusal.UNAVAILABLE, "no backend"));
  }

  /** The other host chooses again, among its own: what it is called here is the provider. */
  private Route toOtherHost(
      OpenCall call,
      Decisions.Decision decision,
      OtherHost host,
      Optional<RuntimeId> target,
      Optional<Delegation> delegation)
      throws CallRefusedException {
    Channel channel =
        otherHosts
            .backend(host, decision.permit().caller())
            .orElseThrow(
                () -> new CallRefusedException(Refusal.UNAVAILABLE, "no way to " + host.id()));
    String name = "@" + host.id().host();
    return new Route(
        decision.permit(),
        host.id().toString(),
        name,
        new Backend.OfChannel(
            ClientInterceptors.intercept(
                channel, new ToOtherHost(target, MetadataRules.key(call.headers())))),
        counters.cell(call.known().counted(), name, decision.permit().path().service()),
        delegation,
        Optional.empty());
  }

  /** The host itself shows no grant, and so is in nobody's call. */
  private static Channel backTo(Optional<ShownGrant> grant, Channel host)
      throws CallRefusedException {
    if (grant.isEmpty()) {
      throw new CallRefusedException(Refusal.NOT_PROVIDED, "offered during calls alone");
    }
    return ClientInterceptors.intercept(host, CallbackHandlers.to(grant.get().live()));
  }

  /** Chooses, and goes by the breakers: of two calls that saw the same chance, one has it. */
  private Registration letIn(
      OpenCall call,
      Decisions.Decision decision,
      ServiceName service,
      Optional<RuntimeId> target,
      boolean patient,
      boolean isOwnOnly)
      throws RefusedException, ProviderStarting {
    for (int choice = 1; ; choice++) {
      Registration chosen = chosen(call, decision, service, target, patient, isOwnOnly);
      Standing standing = standings.of(chosen.provider());
      int ticket = standing.enter();
      if (ticket != Standing.REFUSED) {
        call.visits().begin(standing, ticket);
        return chosen;
      }
      if (target.isPresent() || choice == MAX_CHOICES) {
        throw new CallRefusedException(Refusal.UNAVAILABLE, "breaker open");
      }
    }
  }

  private Registration chosen(
      OpenCall call,
      Decisions.Decision decision,
      ServiceName service,
      Optional<RuntimeId> target,
      boolean patient,
      boolean isOwnOnly)
      throws RefusedException, ProviderStarting {
    if (isOwnOnly && target.isPresent() && registry.behind(target.get()).isPresent()) {
      throw new CallRefusedException(Refusal.NOT_FOUND, "tenon-to names a provider elsewhere");
    }
    String key = MetadataRules.key(call.headers());
    try {
      if (target.isPresent()) {
        return registry.choose(service, target.get());
      }
      Fitness fitness = Untried.of(standings, call.visits().tried());
      return isOwnOnly
          ? registry.chooseOwn(service, fitness, key)
          : registry.choose(service, fitness, key);
    } catch (NoProviderException e) {
      if (target.isEmpty() && patient) {
        awaken(service, call.side().remaining());
      }
      if (decision.policy().isProvidable(service) || !registry.registrations(service).isEmpty()) {
        throw e;
      }
      throw new CallRefusedException(Refusal.NOT_PROVIDED, "nothing may provide it");
    }
  }

  private void awaken(ServiceName service, Duration patience) throws ProviderStarting {
    Optional<CompletableFuture<?>> starting =
        patience.isZero() ? Optional.empty() : onDemand.start(service, patience);
    if (starting.isPresent()) {
      throw new ProviderStarting(starting.get());
    }
  }

  /**
   * Returns {@code route} with what has to be on record. It is remembered if it is good for any
   * other call of the same path, and then is the very one that was remembered before.
   */
  private Route recorded(CallSite site, Decisions.Decision decision, Route route) {
    if (!route.isRepeated()) {
      return route.recordedBy(record(decision, route));
    }
    CompletableFuture<Void> before = decision.recordedBefore();
    if (before != null && route.isRecordedBy(before)) {
      return route;
    }
    Route now = route.recordedBy(before == null ? record(decision, route) : before);
    site.went(now);
    return now;
  }

  /** A call on behalf of another is recorded by itself, and not counted. */
  private CompletableFuture<Void> record(Decisions.Decision decision, Route route) {
    if (decision.permit().audit() == AuditMode.CALL) {
      return audit.intent(route);
    }
    return route.delegation().isPresent()
        ? audit.first(route)
        : decision.recorded(() -> audit.first(route));
  }

  /** Returns whether {@code call} could go elsewhere than where it is, or was before. */
  boolean hasOthers(OpenCall call, ServiceName service) {
    return registry.registrations(service).size() > call.visits().tried().size() + 1
        && !call.headers().containsKey(MetadataRules.TO);
  }

  /** Writes how many calls went under each permit since the last summary. Blocks on nothing. */
  void summarize() {
    decisions.summarize(audit);
    standings.forget(run -> registry.registrations(run).isEmpty());
  }
}
