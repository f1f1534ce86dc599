package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.audit.AuditLog;
import dev.tenon.auth.audit.AuditSettings;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.issue.Role;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.BreakerPolicy;
import dev.tenon.core.ClientSettings;
import dev.tenon.core.EjectionPolicy;
import dev.tenon.core.GrantLimits;
import dev.tenon.core.OnBehalfOf;
import dev.tenon.core.Plugin;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RetryPolicy;
import dev.tenon.core.Selection;
import dev.tenon.host.control.ProtocolVersions;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.registry.RegistryStore;
import dev.tenon.v1.log.LogGrpc;
import io.grpc.BindableService;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The description of a host, before there is one; checks are made by {@link #start}. Not
 * thread-safe. As long as it is because it has one method for each setting.
 */
public final class HostBuilder {
  private final List<PluginDefinition> definitions = new ArrayList<>();
  private final HostOffers offers = new HostOffers();
  private StartPolicy policy = StartPolicy.DENY_ALL;
  private Optional<PolicySource> followed = Optional.empty();
  private final HostDraft settings = new HostDraft();

  HostBuilder() {}

  /**
   * Adds the plugins of {@code folder}: one sub-folder each, with a {@code plugin.toml}; hidden
   * ones are passed over. Administrators may add and replace plugins from below it while the host
   * runs, from the hidden ones too, and from nowhere else.
   */
  public HostBuilder plugins(Path folder) {
    settings.plugins(folder);
    return this;
  }

  /** Adds one plugin. */
  public HostBuilder plugin(PluginDefinition definition) {
    definitions.add(requireNonNull(definition, "definition"));
    return this;
  }

  /**
   * Adds a plugin that runs inside the host, on threads of its own: by the same rules as a process,
   * but without its protection, because its code shares the host's memory. It has no port, no token
   * and no certificate.
   */
  public HostBuilder plugin(Plugin plugin) {
    definitions.add(InProcessRuntime.of(requireNonNull(plugin, "plugin")));
    return this;
  }

  /**
   * Names the plugins without which the host does not start, {@code *} for all that start with it;
   * none without it. {@link #start} fails if one of them does not get there, and says what each
   * that did not has met. Any other plugin that does not get there is reported ({@link
   * PluginHost#unavailable}, and the log) and tried again as after a crash. It is about the start
   * alone: a running host goes on without any of them.
   *
   * @throws IllegalArgumentException if one is no name of a plugin, or there twice
   */
  public HostBuilder required(String... plugins) {
    settings.required(plugins);
    return this;
  }

  /** Sets who may provide and call what; without it nothing is allowed. */
  public HostBuilder policy(Policy policy) {
    this.policy = StartPolicy.given(requireNonNull(policy, "policy"));
    followed = Optional.empty();
    return this;
  }

  /** Sets who may provide and call what, as a file that the host follows while it runs. */
  public HostBuilder policy(PolicySource source) {
    followed = Optional.of(source);
    return this;
  }

  /**
   * Offers a service of the host, version 1.0.0, that plugins may be allowed to call. It runs on a
   * bounded executor of the host's.
   *
   * @throws IllegalArgumentException if the name is malformed, reserved, or offered already
   */
  public HostBuilder offers(String service, BindableService implementation) {
    return offers(service, "1.0.0", implementation);
  }

  /**
   * Offers a service of the host in {@code version}.
   *
   * @throws IllegalArgumentException if a part is malformed, reserved, or offered already
   */
  public HostBuilder offers(String service, String version, BindableService implementation) {
    offers.add(service, version, Optional.of(implementation), HostOffer.Access.BY_POLICY);
    return this;
  }

  /**
   * Offers a service of the host in {@code version} whose methods never block. Calls from inside
   * the host, of its plugins there too, run on the thread of the caller and get the very request
   * that it made, which costs them next to nothing; a method that waits all the same holds its
   * caller up. Only unary methods run so; calls of other processes run on the executor of {@link
   * #offers}.
   *
   * @throws IllegalArgumentException if a part is malformed, reserved, or offered already
   */
  public HostBuilder offersNonBlocking(
      String service, String version, BindableService implementation) {
    offers.add(service, version, Optional.of(implementation), HostOffer.Access.NON_BLOCKING);
    return this;
  }

  /**
   * Offers a service of the host in {@code version}, each call of which needs a grant beside the
   * policy's leave: it is one run's, for a time, and may allow a part of the service only, which
   * the implementation asks {@link dev.tenon.core.Grant} about. The SDK takes care of grants by
   * itself; calls of the host need none.
   *
   * @throws IllegalArgumentException if a part is malformed, reserved, or offered already
   */
  public HostBuilder offersByGrant(String service, String version, BindableService implementation) {
    offers.add(service, version, Optional.of(implementation), HostOffer.Access.BY_GRANT);
    return this;
  }

  /**
   * Declares a service of the host in {@code version} that is there only during calls of the host:
   * {@link PluginHost#callback} brings an implementation along with a call, and its provider may
   * call that back until the call ends, if the policy allows it too.
   *
   * @throws IllegalArgumentException if a part is malformed, reserved, or offered already
   */
  public HostBuilder offersDuringCalls(String service, String version) {
    offers.add(service, version, Optional.empty(), HostOffer.Access.DURING_CALLS);
    return this;
  }

  /**
   * Offers plugins the host's log from {@code least} on, {@code dev.tenon.log.v1.Log}, by grant:
   * {@code [[grant]]} in the policy says at which levels a plugin may write ({@code
   * log:write:info}). Records go to the logger {@code dev.tenon.plugin.log}, escaped.
   *
   * @throws IllegalArgumentException if it is offered already
   */
  public HostBuilder offersLog(Level least) {
    return offersByGrant(LogGrpc.SERVICE_NAME, "1.0.0", new PluginLog(least));
  }

  /** Sets the trust domain of all identities; {@code tenon.internal} without it. */
  public HostBuilder trustDomain(String trustDomain) {
    settings.trustDomain(trustDomain);
    return this;
  }

  /**
   * Sets where plugins keep their files and where the audit log is; {@code tenon-state} in the
   * working directory without it. One host at a time.
   */
  public HostBuilder state(Path directory) {
    settings.state(directory);
    return this;
  }

  /**
   * Sets where sockets are made, in a sub-directory of this host's own; without it {@link
   * #defaultRun}. Keep it short: a socket's path has at most 100 bytes.
   */
  public HostBuilder run(Path directory) {
    settings.run(directory);
    return this;
  }

  /**
   * Returns where sockets are made if nothing is said: {@code /run/tenon}, {@code
   * $XDG_RUNTIME_DIR/tenon}, or a directory of the user's in the temporary one, whichever is the
   * first that this process can write.
   */
  public static Path defaultRun() {
    return HostDraft.defaultRun();
  }

  /**
   * Sets the audit file, whose folder must exist; {@code audit.jsonl} in the state directory
   * without it.
   */
  public HostBuilder audit(Path file) {
    settings.audit(file);
    return this;
  }

  /** Puts something before the audit log; for tests of what cannot be recorded. */
  HostBuilder beforeAudit(UnaryOperator<AuditLog> before) {
    settings.beforeAudit(before);
    return this;
  }

  /** Sets how the audit log is written, and what else is told of its events. */
  public HostBuilder audit(AuditSettings how) {
    settings.audit(how);
    return this;
  }

  /**
   * Sets where plugins enrol, as for {@link #controlListen}. TLS, without a client certificate: it
   * is where plugins get theirs.
   *
   * @throws IllegalArgumentException if it has another form
   */
  public HostBuilder enrolListen(String endpoint) {
    settings.enrolListen(endpoint);
    return this;
  }

  /**
   * Sets where the control plane listens, as {@code unix:PATH} or {@code tcp:ADDRESS:PORT}; a Unix
   * socket in the run directory without it. Always mTLS.
   *
   * @throws IllegalArgumentException if it has another form
   */
  public HostBuilder controlListen(String endpoint) {
    settings.controlListen(endpoint);
    return this;
  }

  /**
   * Sets where the data plane listens, as for {@link #controlListen}.
   *
   * @throws IllegalArgumentException if it has another form
   */
  public HostBuilder dataListen(String endpoint) {
    settings.dataListen(endpoint);
    return this;
  }

  /**
   * Sets where other hosts connect to relay calls, as for {@link #controlListen}; a listener of
   * their own, which there is only with this or with {@link #peers(HostPeer...)}. Always mTLS.
   *
   * @throws IllegalArgumentException if it has another form
   */
  public HostBuilder hostsListen(String endpoint) {
    settings.hostsListen(endpoint);
    return this;
  }

  /**
   * Names the other hosts that may relay calls here, and to which calls may go; none without it.
   * The policy still decides about every call and every claim, by rules and entries that name the
   * host ({@code words@h-0123abcd}).
   */
  public HostBuilder peers(HostPeer... peers) {
    settings.peers(peers);
    return this;
  }

  /**
   * Names the other hosts as {@link #peers(HostPeer...)} does, with the authorities that are in
   * {@code files}, and follows these while the host runs.
   *
   * @throws ConfigException if one cannot be read, or is not what it should be
   */
  public HostBuilder peers(PeerFiles files) throws ConfigException {
    settings.peers(requireNonNull(files, "files"));
    return this;
  }

  /**
   * Sets the store in which hosts share what their plugins provide; without it this host knows of
   * its own alone. Of other hosts only what {@link #peers(HostPeer...)} and policy allow is
   * believed.
   */
  public HostBuilder registry(RegistryStore store) {
    settings.registry(requireNonNull(store, "store"));
    return this;
  }

  /**
   * Sets where the host answers probes over HTTP, as {@code tcp:ADDRESS:PORT} with a loopback
   * address; nowhere without it. {@code /healthz} is 200 from the first moment of the start until
   * the host has ended, {@code /readyz} is 200 from the end of the start to the begin of the end,
   * and else 503. They are in clear and ask for no credential, so nothing else is told there.
   *
   * @throws IllegalArgumentException if it has another form or is not a loopback address
   */
  public HostBuilder probes(String endpoint) {
    settings.probes(endpoint);
    return this;
  }

  /**
   * Sets who is told that this host is there, once it has started, and then regularly until it
   * ends; nobody without it. Whatever becomes of that, the host starts and goes on; its end waits 5
   * s for it at most.
   */
  public HostBuilder orchestrator(Orchestrator orchestrator) {
    settings.orchestrator(requireNonNull(orchestrator, "orchestrator"));
    return this;
  }

  /**
   * Sets the TLS library: {@code boringssl} or {@code jdk}; without it boringssl where it loads.
   * TLS itself and its checks cannot be turned off.
   *
   * @throws IllegalArgumentException for another name
   */
  public HostBuilder tlsProvider(String name) {
    settings.tlsProvider(name);
    return this;
  }

  /**
   * Sets the oldest version of TLS: {@code 1.3}, as without it, or {@code 1.2}, for plugins that
   * cannot do better. TLS 1.2 is spoken as RFC 9325 wants it: with ECDHE and AEAD suites alone,
   * without resumption or a second handshake. All checks are the same. Plugins of the SDK speak 1.3
   * in either case.
   *
   * @throws IllegalArgumentException for another version
   */
  public HostBuilder tlsMinVersion(String version) {
    settings.tlsMinVersion(version);
    return this;
  }

  /**
   * Sets how long a plugin may take to enrol (10 s without it) and then to become healthy (30 s).
   *
   * @throws IllegalArgumentException if one is not positive
   */
  public HostBuilder startLimits(Duration toEnrol, Duration toHealthy) {
    settings.startLimits(toEnrol, toHealthy);
    return this;
  }

  /**
   * Sets how long plugins may take to end when they are asked to, before SIGTERM, and again before
   * SIGKILL; 5 s without it.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public HostBuilder stopGrace(Duration grace) {
    settings.stopGrace(grace);
    return this;
  }

  /**
   * Sets how long the connections of a run that is cut off wait at most for the ends of its calls,
   * which 500 ms are enough for except on a machine that runs all tests.
   */
  HostBuilder lastWords(Duration most) {
    settings.lastWords(most);
    return this;
  }

  /**
   * Sets how the host chooses, for each call without {@code tenon-to}, among the providers of
   * {@code service} that can take it; the first that registered without it.
   *
   * @throws IllegalArgumentException if the name is malformed or was given before
   */
  public HostBuilder selection(String service, Selection strategy) {
    settings.selection(service, strategy);
    return this;
  }

  /**
   * Sets when a run of a plugin that fails call after call gets none for a while, by its circuit
   * breaker; {@link BreakerPolicy#DEFAULT} without it. Meanwhile others get them, or the calls are
   * refused with UNAVAILABLE at once. {@link PluginListener#breakerChanged} is told.
   */
  public HostBuilder breaker(BreakerPolicy policy) {
    settings.breaker(policy);
    return this;
  }

  /**
   * Sets when calls go around a run of a plugin because the others serve better; {@link
   * EjectionPolicy#DEFAULT} without it.
   */
  public HostBuilder ejection(EjectionPolicy policy) {
    settings.ejection(policy);
    return this;
  }

  /**
   * Sets which calls are made again when their provider is unavailable, and how often; none that
   * may have reached it without it. A call that never left the host goes to another provider in any
   * case, if there is one.
   */
  public HostBuilder retries(RetryPolicy policy) {
    settings.retries(policy);
    return this;
  }

  /**
   * Sets what all clients of {@link PluginHost#client} have in common, interceptors and the
   * deadline of unary calls among it; {@link ClientSettings#DEFAULT} without it.
   */
  public HostBuilder clients(ClientSettings clients) {
    settings.clients(clients);
    return this;
  }

  /** Sets how many registrations and watches there may be; the default ones without it. */
  public HostBuilder registryLimits(RegistryLimits limits) {
    settings.registryLimits(limits);
    return this;
  }

  /** Sets how often plugins may ask for what, and over how many connections. */
  public HostBuilder limits(HostLimits limits) {
    settings.hostLimits(limits);
    return this;
  }

  /**
   * Sets how long a plugin's runtime token lives (1 h without it), and how long one works on beside
   * its successor (5 min). Plugins renew at half of it.
   *
   * @throws IllegalArgumentException if {@code life} is not positive or longer than 24 h, or {@code
   *     grace} not positive or longer than {@code life}
   */
  public HostBuilder tokenLife(Duration life, Duration grace) {
    settings.tokenLife(life, grace);
    return this;
  }

  /**
   * Sets how long after its end a runtime token is still taken; not at all without it. For plugins
   * on machines whose clocks are apart; keep them right with NTP all the same.
   *
   * @throws IllegalArgumentException if it is negative or longer than 5 min
   */
  public HostBuilder clockTolerance(Duration tolerance) {
    settings.clockTolerance(tolerance);
    return this;
  }

  /** Sets how long grants live and how many there may be; the default ones without it. */
  public HostBuilder grantLimits(GrantLimits limits) {
    settings.grantLimits(limits);
    return this;
  }

  /**
   * Sets the authorities and how others succeed them; {@link AuthoritySettings#DEFAULT} without.
   */
  public HostBuilder authorities(AuthoritySettings authorities) {
    settings.authorities(authorities);
    return this;
  }

  /** Sets the authority of the host's own certificates; see {@link AuthoritySettings#files}. */
  public HostBuilder hostAuthority(Path certificate, Path key) {
    settings.authority(Role.HOST, certificate, key);
    return this;
  }

  /** Sets the authority of plugins' certificates; see {@link AuthoritySettings#files}. */
  public HostBuilder pluginAuthority(Path certificate, Path key) {
    settings.authority(Role.PLUGIN, certificate, key);
    return this;
  }

  /**
   * Sets who may administrate the host over its control plane; without it nobody. For each name the
   * host keeps a file {@code admin/<name>.json} in its state directory, mode 0600, with a key and a
   * certificate of an hour that the commands of {@code tenon-cli} use: whoever can read the file is
   * that administrator. The files end with the host.
   *
   * @throws IllegalArgumentException if a name is not {@code [a-z][a-z0-9-]{0,62}}, or there twice
   */
  public HostBuilder admins(String... names) {
    settings.admins(names);
    return this;
  }

  /** Sets the versions of the contract that the host speaks; there is one as yet. */
  HostBuilder protocol(ProtocolVersions versions) {
    settings.protocol(versions);
    return this;
  }

  /**
   * Sets how often the host asks each plugin outside of it whether it serves (every 30 s without
   * it), and how long the answer may take (5 s). Who does not answer gets no calls until it does.
   *
   * @throws IllegalArgumentException if one is not positive
   */
  public HostBuilder healthPolling(Duration interval, Duration timeout) {
    settings.healthPolling(interval, timeout);
    return this;
  }

  /** Sets how plugins that end by themselves are started again; the default way without it. */
  public HostBuilder restart(RestartPolicy policy) {
    settings.restart(policy);
    return this;
  }

  /** Adds who is told of each change of where a plugin stands, from the start of the host on. */
  public HostBuilder listener(PluginListener listener) {
    settings.listener(listener);
    return this;
  }

  /**
   * Sets the longest message of a call, for the router and for plugins, which are told when they
   * enrol; 4 MiB without it. Each message is in memory as a whole.
   *
   * @throws IllegalArgumentException if it is not 1 KiB to 1 GiB
   */
  public HostBuilder maxMessageBytes(int bytes) {
    settings.maxMessageBytes(bytes);
    return this;
  }

  /** Sets who verifies tokens of calls on behalf of others; without it those are refused. */
  public HostBuilder onBehalfOf(OnBehalfOf.Verifier verifier) {
    settings.onBehalfOf(verifier);
    return this;
  }

  /** Sets the clock by which tokens and certificates expire. */
  public HostBuilder clock(InstantSource clock) {
    settings.clock(clock);
    return this;
  }

  /** Sets the source of all tokens, ids and serial numbers. */
  public HostBuilder random(SecureRandom random) {
    settings.random(random);
    return this;
  }

  /**
   * Starts the host and its plugins, and returns when each of them is healthy, or is not {@link
   * #required} and has failed once.
   *
   * @throws HostStartException if a file, a setting, a required plugin or the machine refuses; says
   *     which, and nothing is left of it
   */
  public PluginHost start() throws HostStartException {
    List<PluginDefinition> plugins = new ArrayList<>(definitions);
    try {
      HostSettings checked = settings.settings();
      if (followed.isPresent()) {
        policy = StartPolicy.load(followed.get());
      }
      for (Path folder : settings.pluginFolders()) {
        plugins.addAll(PluginDefinition.loadAll(folder));
      }
      return new PluginHost(RunningHost.start(checked, plugins, policy, offers.all()));
    } catch (ConfigException e) {
      throw new HostStartException(
          HostStartException.Kind.CONFIGURATION, String.valueOf(e.getMessage()), e);
    }
  }
}
