package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.audit.AuditSettings;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.issue.Role;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.GrantLimits;
import dev.tenon.core.OnBehalfOf;
import dev.tenon.core.Plugin;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Selection;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Version;
import dev.tenon.host.control.ProtocolVersions;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.router.CallCount;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.stub.AbstractStub;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  private PluginHost(RunningHost running) {
    this.running = running;
  }

  /** Starts the description of a host. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns an ordinary gRPC stub whose calls go to plugins with the host's identity, by the same
   * steps and rules as calls of plugins. Unary calls without a deadline get 30 s.
   *
   * @throws IllegalStateException if no plugin may provide the service, or the host is closed
   */
  public <S extends AbstractStub<S>> S client(Function<Channel, S> stub) {
    return running.client(stub);
  }

  /** Returns all plugins, by name. */
  public List<PluginStatus> plugins() {
    return running.plugins();
  }

  /** Returns what plugins provide at this moment, in the order of registration. */
  public List<RegistrationStatus> registrations() {
    return running.registrations();
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
    running.revoke(requireNonNull(run, "run"));
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
   * @throws InterruptedException if the waiting thread was interrupted; the run gets no calls
   *     nonetheless
   */
  public long drain(RuntimeId run, Duration most) throws InterruptedException {
    return running.drain(requireNonNull(run, "run"), requireNonNull(most, "most"));
  }

  /** Returns the grants of services that are offered by grant. */
  public HostGrants grants() {
    return running.grants();
  }

  /** Returns the policy of this host, to be replaced, reloaded or explained. */
  public HostPolicy policy() {
    return running.policy();
  }

  /** Returns how many calls each caller made to each provider, counted by the router. */
  public List<CallCount> calls() {
    return running.calls();
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
   * thread, socket and file. Idempotent.
   */
  @Override
  public void close() {
    running.close();
  }

  /** Collects the description of a host; checks are made by {@link #start}. Not thread-safe. */
  public static final class Builder {
    private final List<Path> pluginFolders = new ArrayList<>();
    private final List<PluginDefinition> definitions = new ArrayList<>();
    private final Map<ServiceName, HostOffer> offers = new LinkedHashMap<>();
    private StartPolicy policy = StartPolicy.DENY_ALL;
    private Optional<PolicySource> followed = Optional.empty();
    private final HostSettings.Draft settings = new HostSettings.Draft();

    private Builder() {}

    /** Adds the plugins of {@code folder}: one sub-folder each, with a {@code plugin.toml}. */
    public Builder plugins(Path folder) {
      pluginFolders.add(requireNonNull(folder, "folder"));
      return this;
    }

    /** Adds one plugin. */
    public Builder plugin(PluginDefinition definition) {
      definitions.add(requireNonNull(definition, "definition"));
      return this;
    }

    /**
     * Adds a plugin that runs inside the host, on threads of its own: by the same rules as a
     * process, but without its protection, because its code shares the host's memory. It has no
     * port, no token and no certificate.
     */
    public Builder plugin(Plugin plugin) {
      definitions.add(InProcessRuntime.of(requireNonNull(plugin, "plugin")));
      return this;
    }

    /** Sets who may provide and call what; without it nothing is allowed. */
    public Builder policy(Policy policy) {
      this.policy = StartPolicy.given(requireNonNull(policy, "policy"));
      followed = Optional.empty();
      return this;
    }

    /** Sets who may provide and call what, as a file that the host follows while it runs. */
    public Builder policy(PolicySource source) {
      followed = Optional.of(source);
      return this;
    }

    /**
     * Offers a service of the host, version 1.0.0, that plugins may be allowed to call. It runs on
     * a bounded executor of the host's.
     *
     * @throws IllegalArgumentException if the name is malformed, reserved, or offered already
     */
    public Builder offers(String service, BindableService implementation) {
      return offers(service, "1.0.0", implementation);
    }

    /**
     * Offers a service of the host in {@code version}.
     *
     * @throws IllegalArgumentException if a part is malformed, reserved, or offered already
     */
    public Builder offers(String service, String version, BindableService implementation) {
      return offers(service, version, implementation, HostOffer.Access.BY_POLICY);
    }

    /**
     * Offers a service of the host in {@code version}, each call of which needs a grant beside the
     * policy's leave: it is one run's, for a time, and may allow a part of the service only, which
     * the implementation asks {@link dev.tenon.core.Grant} about. The SDK takes care of grants by
     * itself; calls of the host need none.
     *
     * @throws IllegalArgumentException if a part is malformed, reserved, or offered already
     */
    public Builder offersByGrant(String service, String version, BindableService implementation) {
      return offers(service, version, implementation, HostOffer.Access.BY_GRANT);
    }

    private Builder offers(
        String service, String version, BindableService implementation, HostOffer.Access access) {
      HostOffer offer =
          new HostOffer(new ServiceName(service), new Version(version), implementation, access);
      if (offers.putIfAbsent(offer.service(), offer) != null) {
        throw new IllegalArgumentException("offers: " + service + " (expected: offered once)");
      }
      return this;
    }

    /** Sets the trust domain of all identities; {@code tenon.internal} without it. */
    public Builder trustDomain(String trustDomain) {
      settings.trustDomain(trustDomain);
      return this;
    }

    /**
     * Sets where plugins keep their files and where the audit log is; {@code tenon-state} in the
     * working directory without it. One host at a time.
     */
    public Builder state(Path directory) {
      settings.state(directory);
      return this;
    }

    /**
     * Sets where sockets are made, in a sub-directory of this host's own; without it {@code
     * /run/tenon}, {@code $XDG_RUNTIME_DIR/tenon}, or the temporary directory. Keep it short: a
     * socket's path has at most 100 bytes.
     */
    public Builder run(Path directory) {
      settings.run(directory);
      return this;
    }

    /**
     * Sets the audit file, whose folder must exist; {@code audit.jsonl} in the state directory
     * without it.
     */
    public Builder audit(Path file) {
      settings.audit(file);
      return this;
    }

    /** Sets how the audit log is written, and what else is told of its events. */
    public Builder audit(AuditSettings how) {
      settings.audit(how);
      return this;
    }

    /**
     * Sets where plugins enrol, as for {@link #controlListen}. TLS, without a client certificate:
     * it is where plugins get theirs.
     *
     * @throws IllegalArgumentException if it has another form
     */
    public Builder enrolListen(String endpoint) {
      settings.enrolListen(endpoint);
      return this;
    }

    /**
     * Sets where the control plane listens, as {@code unix:PATH} or {@code tcp:ADDRESS:PORT}; a
     * Unix socket in the run directory without it. Always mTLS.
     *
     * @throws IllegalArgumentException if it has another form
     */
    public Builder controlListen(String endpoint) {
      settings.controlListen(endpoint);
      return this;
    }

    /**
     * Sets where the data plane listens, as for {@link #controlListen}.
     *
     * @throws IllegalArgumentException if it has another form
     */
    public Builder dataListen(String endpoint) {
      settings.dataListen(endpoint);
      return this;
    }

    /**
     * Sets the TLS library: {@code boringssl} or {@code jdk}; without it boringssl where it loads.
     * TLS itself and its checks cannot be turned off.
     *
     * @throws IllegalArgumentException for another name
     */
    public Builder tlsProvider(String name) {
      settings.tlsProvider(name);
      return this;
    }

    /**
     * Sets how long a plugin may take to enrol (10 s without it) and then to become healthy (30 s).
     *
     * @throws IllegalArgumentException if one is not positive
     */
    public Builder startLimits(Duration toEnrol, Duration toHealthy) {
      settings.startLimits(toEnrol, toHealthy);
      return this;
    }

    /**
     * Sets how long plugins may take to end when they are asked to, before SIGTERM, and again
     * before SIGKILL; 5 s without it.
     *
     * @throws IllegalArgumentException if it is not positive
     */
    public Builder stopGrace(Duration grace) {
      settings.stopGrace(grace);
      return this;
    }

    /**
     * Sets how the host chooses, for each call without {@code tenon-to}, among the providers of
     * {@code service} that can take it; the first that registered without it.
     *
     * @throws IllegalArgumentException if the name is malformed or was given before
     */
    public Builder selection(String service, Selection strategy) {
      settings.selection(service, strategy);
      return this;
    }

    /** Sets how many registrations and watches there may be; the default ones without it. */
    public Builder registryLimits(RegistryLimits limits) {
      settings.registryLimits(limits);
      return this;
    }

    /** Sets how often plugins may ask for what, and over how many connections. */
    public Builder limits(HostLimits limits) {
      settings.hostLimits(limits);
      return this;
    }

    /**
     * Sets how long a plugin's runtime token lives (1 h without it), and how long one works on
     * beside its successor (5 min). Plugins renew at half of it.
     *
     * @throws IllegalArgumentException if {@code life} is not positive or longer than 24 h, or
     *     {@code grace} not positive or longer than {@code life}
     */
    public Builder tokenLife(Duration life, Duration grace) {
      settings.tokenLife(life, grace);
      return this;
    }

    /**
     * Sets how long after its end a runtime token is still taken; not at all without it. For
     * plugins on machines whose clocks are apart; keep them right with NTP all the same.
     *
     * @throws IllegalArgumentException if it is negative or longer than 5 min
     */
    public Builder clockTolerance(Duration tolerance) {
      settings.clockTolerance(tolerance);
      return this;
    }

    /** Sets how long grants live and how many there may be; the default ones without it. */
    public Builder grantLimits(GrantLimits limits) {
      settings.grantLimits(limits);
      return this;
    }

    /**
     * Sets the authorities and how others succeed them; {@link AuthoritySettings#DEFAULT} without.
     */
    public Builder authorities(AuthoritySettings authorities) {
      settings.authorities(authorities);
      return this;
    }

    /** Sets the authority of the host's own certificates; see {@link AuthoritySettings#files}. */
    public Builder hostAuthority(Path certificate, Path key) {
      settings.authority(Role.HOST, certificate, key);
      return this;
    }

    /** Sets the authority of plugins' certificates; see {@link AuthoritySettings#files}. */
    public Builder pluginAuthority(Path certificate, Path key) {
      settings.authority(Role.PLUGIN, certificate, key);
      return this;
    }

    /** Sets the versions of the contract that the host speaks; there is one as yet. */
    Builder protocol(ProtocolVersions versions) {
      settings.protocol(versions);
      return this;
    }

    /**
     * Sets how often the host asks each plugin outside of it whether it serves (every 30 s without
     * it), and how long the answer may take (5 s). Who does not answer gets no calls until it does.
     *
     * @throws IllegalArgumentException if one is not positive
     */
    public Builder healthPolling(Duration interval, Duration timeout) {
      settings.healthPolling(interval, timeout);
      return this;
    }

    /**
     * Sets the longest message of a call, for the router and for plugins, which are told when they
     * enrol; 4 MiB without it. Each message is in memory as a whole.
     *
     * @throws IllegalArgumentException if it is not 1 KiB to 1 GiB
     */
    public Builder maxMessageBytes(int bytes) {
      settings.maxMessageBytes(bytes);
      return this;
    }

    /** Sets who verifies tokens of calls on behalf of others; without it those are refused. */
    public Builder onBehalfOf(OnBehalfOf.Verifier verifier) {
      settings.onBehalfOf(verifier);
      return this;
    }

    /** Sets the clock by which tokens and certificates expire. */
    public Builder clock(InstantSource clock) {
      settings.clock(clock);
      return this;
    }

    /** Sets the source of all tokens, ids and serial numbers. */
    public Builder random(SecureRandom random) {
      settings.random(random);
      return this;
    }

    /**
     * Starts the host and its plugins, all or none, and returns when all of them are healthy.
     *
     * @throws HostStartException if a file, a setting, a plugin or the machine refuses; says which
     */
    public PluginHost start() throws HostStartException {
      List<PluginDefinition> plugins = new ArrayList<>(definitions);
      try {
        HostSettings checked = settings.settings();
        if (followed.isPresent()) {
          policy = StartPolicy.load(followed.get());
        }
        for (Path folder : pluginFolders) {
          plugins.addAll(PluginDefinition.loadAll(folder));
        }
        return new PluginHost(
            RunningHost.start(checked, plugins, policy, List.copyOf(offers.values())));
      } catch (ConfigException e) {
        throw new HostStartException(
            HostStartException.Kind.CONFIGURATION, String.valueOf(e.getMessage()), e);
      }
    }
  }
}
