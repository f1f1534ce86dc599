package dev.tenon.router;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.auth.grant.GrantStore;
import dev.tenon.auth.grant.LiveGrant;
import dev.tenon.auth.policy.CallDeniedException;
import dev.tenon.auth.policy.Permit;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.CallLimits;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.OnBehalfOf;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.router.relay.CallHandler;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.HandlerRegistry;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The only way from a caller to a provider: admit, decide, choose, relay. Thread-safe; holds no
 * lock and starts no thread.
 *
 * <p>Its fronts are {@link #front}, for the calls of plugins that {@link Admission} let in, and
 * {@link #channel}, for code inside the host; both take the same steps.
 */
public final class Router implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Router.class.getName());

  private final Routes routes;
  private final CallAudit audit;
  private final CallCounters counters;
  private final OpenCalls open;
  private final ToIntFunction<String> maxMessageBytes;
  private volatile boolean closed;

  private Router(
      Routes routes,
      CallAudit audit,
      CallCounters counters,
      CallLimits limits,
      ToIntFunction<String> maxMessageBytes) {
    this.routes = routes;
    this.audit = audit;
    this.counters = counters;
    this.open = new OpenCalls(limits);
    this.maxMessageBytes = maxMessageBytes;
  }

  /** Returns a builder; all of its parts must be given. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns the channel on which {@code caller} calls. Whoever holds it is believed to be the
   * caller. Decisions are made on the thread that starts a call; of the call options, deadline,
   * executor, wait-for-ready and message sizes take effect, and call credentials never do.
   */
  public Channel channel(Identity caller) {
    return new CallerChannel(this, requireNonNull(caller, "caller"));
  }

  /**
   * Returns the front for a server's {@code fallbackHandlerRegistry}: it takes every path and
   * refuses what is not for it. The server must have {@link Admission} among its interceptors; a
   * call that did not pass it is refused.
   */
  public HandlerRegistry front() {
    return new RelayFront(this);
  }

  /**
   * Returns what decides over calls of plugins that come as frames, let in by {@code admission}
   * and, before that, as often as {@code rate} says. {@link ConnectionAdmission} must be among the
   * filters of the connections; without it no call is let in.
   */
  public CallHandler wireFront(Admission admission, CallRate rate) {
    return new WireCalls(this, admission::admit, rate);
  }

  /**
   * Returns what decides over calls of other hosts that come as frames, as {@link
   * #wireFront(Admission, CallRate)} does for plugins; {@code admission} must be among the filters
   * of the connections.
   */
  public CallHandler wireFront(HostAdmission admission, CallRate rate) {
    return new WireCalls(this, admission::admit, rate);
  }

  /** Returns the calls relayed so far, by caller, provider and service. */
  public List<CallCount> calls() {
    return counters.counts();
  }

  /**
   * Returns how many open calls went to {@code provider} or may still go there. Zero, after the
   * registry stopped offering it, means that no call will reach it any more: it is drained.
   */
  public long inFlight(RuntimeId provider) {
    return open.inFlight(requireNonNull(provider, "provider"));
  }

  /**
   * Returns what completes when the calls that now are at {@code provider}, or may still go there,
   * have ended and their callers were told. The registry is to stop offering it before. Cancelling
   * ends the wait. It completes on the thread that ended the last call: what depends on it must not
   * block.
   */
  public CompletableFuture<Void> drained(RuntimeId provider) {
    return open.drained(requireNonNull(provider, "provider"));
  }

  /**
   * Ends the open calls of {@code caller} with UNAUTHENTICATED, on both sides. Its lineage is to be
   * revoked before, so that admission lets no new ones in. The result completes as that of {@link
   * #drained} does.
   */
  public CompletableFuture<Void> end(RuntimeId caller) {
    return open.end(requireNonNull(caller, "caller"));
  }

  /** Ends the open calls that were let in with {@code grant}, which has ended. */
  public void endUnder(LiveGrant grant) {
    open.endUnder(requireNonNull(grant, "grant"));
  }

  /**
   * Ends the open calls that the policy denies now, with PERMISSION_DENIED to their callers. To be
   * called once the supplier of the policy brings another one: a call that was decided by the old
   * one is seen here, or sees the new one itself before it goes out.
   */
  public void policyChanged() {
    open.reauthorize();
  }

  /**
   * Writes into the audit log how many calls there were, of each caller, service and method, since
   * this was last done; whoever has a timer does it once a minute. Returns at once.
   */
  public void summarize() {
    routes.summarize();
  }

  /**
   * Refuses calls that start from now on, and writes a last summary; calls that were relayed go on.
   * Idempotent.
   */
  @Override
  public void close() {
    closed = true;
    summarize();
  }

  /**
   * Counts {@code call}, which starts, until it is removed from {@link #open}.
   *
   * @throws CallLimitException if its caller or the host has too many open; that is recorded
   */
  CallCaps.Seat enter(OpenCall call) throws RefusedException {
    try {
      return open.add(call);
    } catch (CallLimitException full) {
      audit.refused(call.known().actor(), /* resource= */ null, full);
      throw full;
    }
  }

  Route route(OpenCall call, CallCaps.Seat seat, boolean patient)
      throws RefusedException, ProviderStarting {
    if (closed) {
      throw new CallRefusedException(Refusal.UNAVAILABLE, "router closed");
    }
    return routes.route(call, seat, patient);
  }

  /**
   * Checks a call that was permitted against the policy that is in force now.
   *
   * @throws CallDeniedException if that denies it
   */
  void reauthorize(Permit permit) throws CallDeniedException {
    routes.reauthorize(permit);
  }

  /**
   * Returns the call of {@code routed} to its provider, {@code chosen}, on {@code channel}, which
   * has neither of the two send or get a longer message than it agreed on.
   */
  <Q, R> ClientCall<Q, R> newCall(
      OpenCall routed,
      Route chosen,
      Channel channel,
      MethodDescriptor<Q, R> method,
      CallOptions options) {
    ClientCall<Q, R> call = channel.newCall(method, options);
    return CappedCall.of(call, method, maxMessageBytes(routed.known(), chosen), routed);
  }

  /** Returns how long a message between {@code caller} and the provider may be. */
  int maxMessageBytes(KnownCaller caller, Route chosen) {
    return Math.min(
        maxMessageBytes.applyAsInt(caller.actor()), maxMessageBytes.applyAsInt(chosen.provider()));
  }

  /** Returns whether the policy that gave {@code permit} is still in force. */
  boolean isCurrent(Permit permit) {
    return routes.isCurrent(permit);
  }

  /** Records that a call is ended, which does not depend on the audit log. */
  void recordEnd(CallDeniedException denied, Permit permit) {
    try {
      audit.ended(denied, permit);
    } catch (AuditFailedException e) {
      LOG.log(Level.WARNING, "a call is ended by a new policy and could not be recorded", e);
    }
  }

  OpenCalls open() {
    return open;
  }

  CallAudit audit() {
    return audit;
  }

  /** Logs a call that goes to its provider. */
  void logStart(Route route) {
    if (LOG.isLoggable(Level.DEBUG)) {
      LOG.log(Level.DEBUG, "call started: " + words(route));
    }
  }

  /** Logs a call that ended; the provider's or the connection's own words appear here alone. */
  void logEnd(Route route, Status status, long nanos) {
    if (LOG.isLoggable(Level.DEBUG)) {
      LOG.log(
          Level.DEBUG,
          "call ended: "
              + words(route)
              + " status="
              + ProviderStatus.oneLine(status)
              + " micros="
              + nanos / 1000);
    }
  }

  private static String words(Route route) {
    CallPath path = route.permit().path();
    return "caller="
        + route.permit().caller().actor()
        + " provider="
        + route.provider()
        + " service="
        + path.service()
        + " method="
        + path.method();
  }

  /** Collects what a router works with. Not thread-safe. */
  public static final class Builder {
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
    private ToIntFunction<String> maxMessageBytes = actor -> Integer.MAX_VALUE;

    private Builder() {}

    /** Sets where the policy is read, for every call; another instance takes effect at once. */
    public Builder policy(Supplier<Policy> policy) {
      this.policy = requireNonNull(policy, "policy");
      return this;
    }

    /** Sets who provides what. */
    public Builder registry(ServiceRegistry registry) {
      this.registry = requireNonNull(registry, "registry");
      return this;
    }

    /** Sets the host's own services, which win over plugins. The router does not close them. */
    public Builder hostServices(HostServices hostServices) {
      this.hostServices = requireNonNull(hostServices, "hostServices");
      return this;
    }

    /** Sets how plugins are reached. */
    public Builder backends(Backends backends) {
      this.backends = requireNonNull(backends, "backends");
      return this;
    }

    /** Sets how other hosts are reached, behind which providers are; none unless set. */
    public Builder otherHosts(HostBackends otherHosts) {
      this.otherHosts = requireNonNull(otherHosts, "otherHosts");
      return this;
    }

    /** Sets what starts providers that are missing; nothing unless set. */
    public Builder onDemand(OnDemand onDemand) {
      this.onDemand = requireNonNull(onDemand, "onDemand");
      return this;
    }

    /** Sets who says on whose behalf calls are made; without it such calls are refused. */
    public Builder onBehalfOf(OnBehalfOf.Verifier verifier) {
      this.onBehalfOf = requireNonNull(verifier, "verifier");
      return this;
    }

    /** Sets the grants; needed only where a service of the host is offered by grant. */
    public Builder grants(GrantStore grants) {
      this.grants = requireNonNull(grants, "grants");
      return this;
    }

    /** Sets where calls are recorded. The router does not close it. */
    public Builder audit(AuditLog audit) {
      this.audit = requireNonNull(audit, "audit");
      return this;
    }

    /** Sets how many calls may be open at once; the default ones unless set. */
    public Builder limits(CallLimits limits) {
      this.limits = requireNonNull(limits, "limits");
      return this;
    }

    /**
     * Sets how long the messages of and to a run may be, by what the audit log calls it, where that
     * is less than the servers allow, else {@link Integer#MAX_VALUE}; the latter for all unless
     * set.
     */
    public Builder maxMessageBytes(ToIntFunction<String> maxMessageBytes) {
      this.maxMessageBytes = requireNonNull(maxMessageBytes, "maxMessageBytes");
      return this;
    }

    /** Sets the time of audit events; the system's clock unless set. */
    public Builder clock(InstantSource clock) {
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
              counters);
      return new Router(routes, callAudit, counters, limits, maxMessageBytes);
    }
  }
}
