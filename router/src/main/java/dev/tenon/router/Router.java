package dev.tenon.router;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.grant.LiveGrant;
import dev.tenon.auth.policy.CallDeniedException;
import dev.tenon.auth.policy.Permit;
import dev.tenon.core.BreakerState;
import dev.tenon.core.CallLimits;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.router.choose.Retries;
import dev.tenon.router.choose.Standings;
import dev.tenon.router.relay.CallHandler;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.HandlerRegistry;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.ToIntFunction;

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
  private final Standings standings;
  private final Retries retries;
  private final ToIntFunction<String> maxMessageBytes;
  private volatile boolean closed;

  Router(
      Routes routes,
      CallAudit audit,
      CallCounters counters,
      Standings standings,
      Retries retries,
      CallLimits limits,
      ToIntFunction<String> maxMessageBytes) {
    this.routes = routes;
    this.audit = audit;
    this.counters = counters;
    this.standings = standings;
    this.retries = retries;
    this.open = new OpenCalls(limits);
    this.maxMessageBytes = maxMessageBytes;
  }

  /** Returns a builder; all of its parts must be given. */
  public static RouterBuilder builder() {
    return new RouterBuilder();
  }

  /**
   * Returns the channel on which {@code caller} calls. Whoever holds it is believed to be the
   * caller. Decisions are made on the thread that starts a call; of the call options, deadline,
   * executor, wait-for-ready and message sizes take effect, and call credentials never do.
   */
  public Channel channel(Identity caller) {
    return new CallerChannel(this, requireNonNull(caller, "caller"), /* unaryDeadline= */ null);
  }

  /**
   * Returns the same channel, on which unary calls without a deadline get {@code unaryDeadline}, or
   * up to a hundredth and a tenth of a second less: calls that begin soon after one another share
   * one.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public Channel channel(Identity caller, Duration unaryDeadline) {
    return new CallerChannel(
        this, requireNonNull(caller, "caller"), new UnaryDeadline(unaryDeadline));
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

  /** Returns where the circuit breaker of {@code provider} stands. */
  public BreakerState breaker(RuntimeId provider) {
    return standings.breaker(requireNonNull(provider, "provider"));
  }

  /** Returns whether calls go around {@code provider}, where another can take them. */
  public boolean isEjected(RuntimeId provider) {
    return standings.isEjected(requireNonNull(provider, "provider"));
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
   * Returns the call of {@code routed} to its provider, {@code chosen}, by its channel, which has
   * neither of the two send or get a longer message than it agreed on.
   *
   * @param watch sees each stream that it takes
   */
  <Q, R> ClientCall<Q, R> newCall(
      OpenCall routed,
      Route chosen,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      ProviderStatus watch) {
    CallOptions watched = options.withStreamTracerFactory(watch);
    ClientCall<Q, R> call;
    if (isRepeatable(routed, chosen)) {
      routed.visits().repeatable();
      call = new RepeatedCall<>(new Repeats<>(routed, chosen, retries, method, watched, watch));
    } else {
      call = chosen.channel().newCall(method, watched);
    }
    return CappedCall.of(call, method, maxMessageBytes(routed.known(), chosen), routed);
  }

  /** What a callback or a grant rests on ends with the provider's stream. */
  private boolean isRepeatable(OpenCall call, Route chosen) {
    return chosen.isOfPlugin()
        && chosen.callback().isEmpty()
        && (retries.isIdempotent(chosen.permit().path())
            || routes.hasOthers(call, chosen.permit().path().service()));
  }

  /** Returns whether {@code call} could go elsewhere than where it is, or was before. */
  boolean hasOthers(OpenCall call, ServiceName service) {
    return routes.hasOthers(call, service);
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
  void logEnd(Route route, Status status, long sinceNanos) {
    if (LOG.isLoggable(Level.DEBUG)) {
      LOG.log(
          Level.DEBUG,
          "call ended: "
              + words(route)
              + " status="
              + ProviderStatus.oneLine(status)
              + " micros="
              + (System.nanoTime() - sinceNanos) / 1000);
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
}
