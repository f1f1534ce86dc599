package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.core.BreakerState;
import dev.tenon.core.Plugin;
import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.host.control.ControlAudit;
import dev.tenon.host.control.Order;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.registry.Impact;
import dev.tenon.router.CallCount;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.stub.AbstractStub;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A host of plugins: starts each as a process, gives it an identity, authorizes what it registers,
 * and brokers its calls over mTLS. Thread-safe; several may live in one JVM.
 *
 * <pre>{@code
 * try (PluginHost host = PluginHost.builder()
 *         .plugins(Path.of("plugins"))
 *         .policy(Policy.load(Path.of("policy.toml")))
 *         .start()) {
 *   host.client(GreeterGrpc::newBlockingStub).greet(request);
 * }
 * }</pre>
 */
public final class PluginHost implements AutoCloseable {
  private final RunningHost running;

  PluginHost(RunningHost running) {
    this.running = running;
  }

  /** Returns what runs, for tests that count what is held. */
  RunningHost running() {
    return running;
  }

  /** Starts the description of a host. */
  public static HostBuilder builder() {
    return new HostBuilder();
  }

  /** Returns the identity of this host: the same at every start over one state directory. */
  public SpiffeId.OfHost id() {
    return running.id();
  }

  /**
   * Returns an ordinary gRPC stub whose calls go to plugins with the host's identity, by the same
   * steps and rules as calls of plugins. Unary calls without a deadline get 30 s, or what {@link
   * HostBuilder#clients} says.
   *
   * @throws IllegalStateException if no plugin may provide the service, or the host is closed
   */
  public <S extends AbstractStub<S>> S client(Function<Channel, S> stub) {
    return running.client(stub);
  }

  /**
   * Returns what brings {@code service} along with calls of this host, so that the plugin which
   * serves one can call it back meanwhile:
   *
   * <pre>{@code
   * host.client(IndexGrpc::newBlockingStub).withInterceptors(host.callback(progress)).index(request)
   * }</pre>
   *
   * <p>The right is the provider's run's alone, is on record before the call goes out, and counts
   * against its grants. It ends with the call, however that ends: when the caller learns of the
   * end, and when it cancels, what the provider calls back is refused, and calls of {@code service}
   * that are open end. Every call back needs the policy's leave too. One service a call; it runs on
   * the bounded executor of the host's services, and may be used by several calls at once.
   *
   * @throws IllegalArgumentException if the service was not declared with {@link
   *     HostBuilder#offersDuringCalls}
   */
  public ClientInterceptor callback(BindableService service) {
    return running.callback(requireNonNull(service, "service"));
  }

  /** Returns all plugins, by name. */
  public List<PluginStatus> plugins() {
    return running.plugins();
  }

  /** Returns those of {@link #plugins} that cannot take calls now, required or not. */
  public List<PluginStatus> unavailable() {
    return running.plugins().stream().filter(plugin -> !plugin.state().takesCalls()).toList();
  }

  /**
   * Returns where {@code plugin} stands, for each of its instances; also before its first run.
   *
   * @throws IllegalArgumentException if this host has no such plugin
   */
  public List<PluginState> states(PluginName plugin) {
    return running.states(requireNonNull(plugin, "plugin"));
  }

  /** Returns where the circuit breaker of {@code run} stands; closed if it is not known. */
  public BreakerState breaker(RuntimeId run) {
    return running.breaker(requireNonNull(run, "run"));
  }

  /**
   * Tells {@code listener} each change of where a plugin stands from now on, until that is closed
   * or the host is. {@link HostBuilder#listener} hears the start too.
   */
  public Listening listen(PluginListener listener) {
    return running.listen(requireNonNull(listener, "listener"));
  }

  /**
   * Returns what the end of {@code plugin}, in all of its runs, would mean for the other plugins
   * that have declared themselves: who could not work any more, who would notice, and what would be
   * gone. {@link Impact#NONE} of a plugin that has not declared itself, or that there is not.
   */
  public Impact impact(PluginName plugin) {
    return running.impact(requireNonNull(plugin, "plugin"));
  }

  /** Returns what plugins provide at this moment, in the order of registration. */
  public List<RegistrationStatus> registrations() {
    return running.registrations();
  }

  /**
   * Adds a plugin to the running host and returns when it is healthy. All or nothing: if it does
   * not get there, nothing of it is left.
   *
   * @throws PluginChangeException if it could not be started; says what was wrong
   * @throws IllegalArgumentException if the host has a plugin of that name, or this one is lazy or
   *     remote
   * @throws IllegalStateException if the plugin is being changed
   */
  public void add(PluginDefinition definition) throws PluginChangeException {
    running
        .changes()
        .add(requireNonNull(definition, "definition"), Order.ofProgram(ControlAudit.ASKED));
  }

  /** Adds a plugin that runs inside the host, as {@link #add(PluginDefinition)} does. */
  public void add(Plugin plugin) throws PluginChangeException {
    add(InProcessRuntime.of(requireNonNull(plugin, "plugin")));
  }

  /**
   * Removes {@code plugin} with all of its instances: it gets no new calls and those who watch its
   * services are told; when its calls have ended, or the grace of {@link HostBuilder#stopGrace} is
   * over, it is stopped like any plugin; when this returns nothing of it is left but its state
   * directory.
   *
   * @return the plugins that require a service which nobody provides any more
   * @throws AuditFailedException if it could not be recorded: nothing has changed
   * @throws IllegalArgumentException if this host has no such plugin
   * @throws IllegalStateException if the plugin is being changed
   */
  public List<PluginName> remove(PluginName plugin) throws AuditFailedException {
    return running
        .changes()
        .remove(requireNonNull(plugin, "plugin"), Order.ofProgram(ControlAudit.ASKED));
  }

  /**
   * Puts {@code next} in the place of the plugin of its name, without a call that fails for it: the
   * new one is started beside the old one, and gets all calls from one moment on once it is
   * healthy; then the old one finishes its calls, for at most {@code calls}, and is stopped. Calls
   * that are still open then end with UNAVAILABLE. Returns when the old one is gone.
   *
   * @throws PluginChangeException if the new one did not get there, or it could not be recorded: it
   *     is gone without a trace, and the old one has never ceased to serve
   * @throws IllegalArgumentException if this host has no such plugin, either is remote or the new
   *     one lazy, or {@code calls} is negative
   * @throws IllegalStateException if the plugin is being changed
   */
  public void replace(PluginDefinition next, Duration calls) throws PluginChangeException {
    if (calls.isNegative()) {
      throw new IllegalArgumentException("calls: " + calls + " (expected: >= 0)");
    }
    running
        .changes()
        .replace(requireNonNull(next, "next"), calls, Order.ofProgram(ControlAudit.ASKED));
  }

  /** Replaces a plugin by one that runs inside the host, as the other method does. */
  public void replace(Plugin next, Duration calls) throws PluginChangeException {
    replace(InProcessRuntime.of(requireNonNull(next, "next")), calls);
  }

  /**
   * Takes back every credential of {@code run}. When this returns they are useless; the run's open
   * calls end, with UNAUTHENTICATED for it and UNAVAILABLE for those who called it, its connections
   * are closed, what it registered is gone, and a process that the host launched is killed. It does
   * not depend on the audit log. Idempotent.
   *
   * @throws IllegalArgumentException if this host has no such run
   */
  public void revoke(RuntimeId run) {
    revoke(run, ControlAudit.ASKED);
  }

  /**
   * Does the same for {@code reason}, which the audit log has.
   *
   * @throws IllegalArgumentException as there
   */
  public void revoke(RuntimeId run, String reason) {
    running.revoke(requireNonNull(run, "run"), requireNonNull(reason, "reason"));
  }

  /** Returns how certificates are taken back, one by one. */
  public HostCertificates certificates() {
    return running.certificates();
  }

  /**
   * Takes {@code run} out of service: it gets no new calls from now on. Returns when none is in
   * flight, or after {@code most}; the run itself goes on.
   *
   * @return how many calls are in flight still
   * @throws IllegalArgumentException if this host has no such run, or {@code most} is negative
   * @throws AuditFailedException if it could not be recorded: the run stays in service
   * @throws InterruptedException if the waiting thread was interrupted; the run gets no calls
   *     nonetheless
   */
  public long drain(RuntimeId run, Duration most)
      throws InterruptedException, AuditFailedException {
    return drain(run, most, ControlAudit.ASKED);
  }

  /**
   * Does the same for {@code reason}, which the audit log has.
   *
   * @return as there
   * @throws IllegalArgumentException as there
   * @throws AuditFailedException as there
   * @throws InterruptedException as there
   */
  public long drain(RuntimeId run, Duration most, String reason)
      throws InterruptedException, AuditFailedException {
    return running.drain(
        requireNonNull(run, "run"), requireNonNull(most, "most"), requireNonNull(reason, "reason"));
  }

  /** Returns who administrates this host over its control plane, beside its own program. */
  public HostAdmins admins() {
    return running.admins();
  }

  /** Returns the grants of services that are offered by grant. */
  public HostGrants grants() {
    return running.grants();
  }

  /** Returns the policy of this host, to be replaced, reloaded or explained. */
  public HostPolicy policy() {
    return running.policy();
  }

  /** Returns the other hosts that calls may come from and go to. */
  public HostPeers peers() {
    return running.peers();
  }

  /** Returns where probes are answered, as {@code tcp:ADDRESS:PORT}; empty if nowhere. */
  public Optional<String> probes() {
    return running.probes();
  }

  /** Returns how many calls each caller made to each provider, counted by the router. */
  public List<CallCount> calls() {
    return running.calls();
  }

  /** Returns what became of the connections that were made to this host. */
  public ConnectionTotals connections() {
    return running.connections();
  }

  /** Returns the issuing authorities, and the way to let others succeed them. */
  public Authorities authorities() {
    return running.authorities();
  }

  /** Returns one line about the machine: sockets, TLS provider, trust domain. */
  public String describe() {
    return running.describe();
  }

  /**
   * Stops all plugins, dependents first (Shutdown, then SIGTERM, then SIGKILL), and releases every
   * thread, socket and file. Plugins that others started finish their calls and live on.
   * Idempotent.
   */
  @Override
  public void close() {
    running.close();
  }
}
