package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.Clocks;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.auth.audit.AuditSettings;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.issue.AuthorityFiles;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.AdminName;
import dev.tenon.core.BreakerPolicy;
import dev.tenon.core.ClientSettings;
import dev.tenon.core.EjectionPolicy;
import dev.tenon.core.GrantLimits;
import dev.tenon.core.OnBehalfOf;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RetryPolicy;
import dev.tenon.core.Selection;
import dev.tenon.core.ServiceName;
import dev.tenon.core.TrustDomain;
import dev.tenon.host.HostSettings.Calls;
import dev.tenon.host.HostSettings.Failing;
import dev.tenon.host.HostSettings.HealthPolling;
import dev.tenon.host.HostSettings.Hosts;
import dev.tenon.host.HostSettings.Limits;
import dev.tenon.host.HostSettings.Listen;
import dev.tenon.host.HostSettings.Outside;
import dev.tenon.host.HostSettings.Places;
import dev.tenon.host.HostSettings.Registry;
import dev.tenon.host.HostSettings.Sources;
import dev.tenon.host.control.ProtocolVersions;
import dev.tenon.host.probe.ProbeServer;
import dev.tenon.registry.RegistryStore;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.TlsFloor;
import dev.tenon.transport.TlsProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Settings under way, with the defaults. Not thread-safe. */
final class HostDraft {
  private static final int MIN_MESSAGE_BYTES = 1024;
  private static final int MAX_MESSAGE_BYTES = 1 << 30;

  private TrustDomain trustDomain = new TrustDomain("tenon.internal");
  private Path state = Path.of("tenon-state");
  private @Nullable Path run;
  private @Nullable Path audit;
  private AuditSettings auditing = AuditSettings.DEFAULT;
  private UnaryOperator<AuditLog> beforeAudit = UnaryOperator.identity();
  private final List<Path> pluginFolders = new ArrayList<>();
  private @Nullable Endpoint enrol;
  private @Nullable Endpoint control;
  private @Nullable Endpoint data;
  private TlsProvider tls = TlsProvider.preferred();
  private TlsFloor floor = TlsFloor.TLS_1_3;
  private Limits limits = Limits.DEFAULT;
  private Registry registry = Registry.DEFAULT;
  private TrustSettings trust = TrustSettings.DEFAULT;
  private AuthoritySettings authorities = AuthoritySettings.DEFAULT;
  private HealthPolling polling = new HealthPolling(Duration.ofSeconds(30), Duration.ofSeconds(5));
  private InstantSource clock = InstantSource.system();
  private SecureRandom random = new SecureRandom();
  private Calls calls = Calls.DEFAULT;
  private GrantLimits grants = GrantLimits.DEFAULT;
  private Duration clockTolerance = Duration.ZERO;
  private HostLimits hostLimits = HostLimits.DEFAULT;
  private RestartPolicy restart = RestartPolicy.DEFAULT;
  private final List<PluginListener> listeners = new ArrayList<>();
  private RequiredPlugins required = RequiredPlugins.NONE;
  private Hosts hosts = Hosts.NONE;
  private Outside outside = Outside.NONE;

  void trustDomain(String name) {
    trustDomain = new TrustDomain(name);
  }

  void state(Path directory) {
    state = requireNonNull(directory, "directory");
  }

  void run(Path directory) {
    run = requireNonNull(directory, "directory");
  }

  void audit(Path file) {
    audit = requireNonNull(file, "file");
  }

  void plugins(Path folder) {
    pluginFolders.add(requireNonNull(folder, "folder"));
  }

  List<Path> pluginFolders() {
    return List.copyOf(pluginFolders);
  }

  void required(String... plugins) {
    Set<String> names = new HashSet<>();
    for (String name : plugins) {
      if (!names.add(name)) {
        throw new IllegalArgumentException("required: " + name + " twice (expected: each once)");
      }
    }
    required = new RequiredPlugins(names);
  }

  void audit(AuditSettings how) {
    auditing = requireNonNull(how, "how");
  }

  void beforeAudit(UnaryOperator<AuditLog> before) {
    beforeAudit = requireNonNull(before, "before");
  }

  void enrolListen(String endpoint) {
    enrol = Endpoint.parse(endpoint);
  }

  void controlListen(String endpoint) {
    control = Endpoint.parse(endpoint);
  }

  void dataListen(String endpoint) {
    data = Endpoint.parse(endpoint);
  }

  void hostsListen(String endpoint) {
    hosts =
        new Hosts(
            Optional.of(Endpoint.parse(endpoint)), hosts.peers(), hosts.files(), hosts.store());
  }

  void peers(HostPeer... peers) {
    hosts = new Hosts(hosts.listen(), List.of(peers), Optional.empty(), hosts.store());
  }

  void peers(PeerFiles files) throws ConfigException {
    hosts = new Hosts(hosts.listen(), files.load(), Optional.of(files), hosts.store());
  }

  void registry(RegistryStore store) {
    hosts = new Hosts(hosts.listen(), hosts.peers(), hosts.files(), Optional.of(store));
  }

  void probes(String endpoint) {
    outside = new Outside(Optional.of(ProbeServer.address(endpoint)), outside.orchestrator());
  }

  void orchestrator(Orchestrator told) {
    outside = new Outside(outside.probes(), Optional.of(told));
  }

  void tlsProvider(String name) {
    tls =
        switch (name) {
          case "boringssl" -> TlsProvider.BORINGSSL;
          case "jdk" -> TlsProvider.JDK;
          default ->
              throw new IllegalArgumentException(
                  "TLS provider: " + name + " (expected: boringssl or jdk)");
        };
  }

  void tlsMinVersion(String version) {
    floor = TlsFloor.parse(version);
  }

  void startLimits(Duration toEnrol, Duration toHealthy) {
    limits = limits.withStart(positive("toEnrol", toEnrol), positive("toHealthy", toHealthy));
  }

  void stopGrace(Duration grace) {
    limits = limits.withStopGrace(positive("grace", grace));
  }

  void lastWords(Duration most) {
    limits = limits.withLastWords(positive("lastWords", most));
  }

  void healthPolling(Duration interval, Duration timeout) {
    polling = new HealthPolling(positive("interval", interval), positive("timeout", timeout));
  }

  private static Duration positive(String name, Duration duration) {
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException(name + ": " + duration + " (expected: > 0)");
    }
    return duration;
  }

  void selection(String service, Selection strategy) {
    registry = registry.with(new ServiceName(service), strategy);
  }

  void registryLimits(RegistryLimits most) {
    registry = new Registry(most, registry.selections());
  }

  void grantLimits(GrantLimits most) {
    grants = requireNonNull(most, "most");
  }

  void clockTolerance(Duration tolerance) {
    clockTolerance = new Clocks(clock, System::nanoTime, tolerance).tolerance();
  }

  void tokenLife(Duration life, Duration grace) {
    trust = trust.with(new TrustSettings.Tokens(life, grace));
  }

  void authority(Role role, Path certificate, Path key) {
    authorities = authorities.files(role, new AuthorityFiles(certificate, key));
  }

  void authorities(AuthoritySettings settings) {
    authorities = requireNonNull(settings, "authorities");
  }

  void admins(String... names) {
    Set<AdminName> all = new LinkedHashSet<>();
    for (String name : names) {
      if (!all.add(new AdminName(name))) {
        throw new IllegalArgumentException("admins: " + name + " twice (expected: once)");
      }
    }
    trust = trust.with(all);
  }

  void protocol(ProtocolVersions versions) {
    trust = trust.with(versions);
  }

  void hostLimits(HostLimits most) {
    hostLimits = requireNonNull(most, "limits");
  }

  void restart(RestartPolicy policy) {
    restart = requireNonNull(policy, "policy");
  }

  void listener(PluginListener listener) {
    listeners.add(requireNonNull(listener, "listener"));
  }

  void clock(InstantSource clock) {
    this.clock = requireNonNull(clock, "clock");
  }

  void random(SecureRandom random) {
    this.random = requireNonNull(random, "random");
  }

  void maxMessageBytes(int bytes) {
    if (bytes < MIN_MESSAGE_BYTES || bytes > MAX_MESSAGE_BYTES) {
      throw new IllegalArgumentException(
          "maxMessageBytes: "
              + bytes
              + " (expected: "
              + MIN_MESSAGE_BYTES
              + " to "
              + MAX_MESSAGE_BYTES
              + ")");
    }
    calls = calls.withMaxMessageBytes(bytes);
  }

  void onBehalfOf(OnBehalfOf.Verifier verifier) {
    calls = calls.with(verifier);
  }

  void breaker(BreakerPolicy policy) {
    requireNonNull(policy, "policy");
    failing(new Failing(policy, calls.failing().ejection(), calls.failing().retries()));
  }

  void ejection(EjectionPolicy policy) {
    requireNonNull(policy, "policy");
    failing(new Failing(calls.failing().breaker(), policy, calls.failing().retries()));
  }

  void retries(RetryPolicy policy) {
    requireNonNull(policy, "policy");
    failing(new Failing(calls.failing().breaker(), calls.failing().ejection(), policy));
  }

  private void failing(Failing failing) {
    calls = calls.with(failing);
  }

  void clients(ClientSettings clients) {
    calls = calls.with(clients);
  }

  /**
   * Returns the settings.
   *
   * @throws ConfigException if a file of an authority is not what it should be
   */
  HostSettings settings() throws ConfigException {
    return new HostSettings(
        trustDomain,
        new Places(
            state,
            run == null ? defaultRun() : run,
            audit == null ? state.resolve("audit.jsonl") : audit,
            auditing.at(clock),
            beforeAudit,
            pluginFolders),
        new Listen(
            Optional.ofNullable(enrol),
            Optional.ofNullable(control),
            Optional.ofNullable(data),
            tls,
            floor),
        limits,
        polling,
        registry,
        calls,
        new Sources(clock, random),
        trust.with(
            authorities, HostTrust.load(authorities, trustDomain, new Sources(clock, random))),
        grants,
        clockTolerance,
        hostLimits,
        restart,
        List.copyOf(listeners),
        required,
        hosts,
        outside);
  }

  /** Returns where a host has its sockets that was told of no place. */
  static Path defaultRun() {
    Path system = Path.of("/run/tenon");
    if (Files.isWritable(system)) {
      return system;
    }
    String runtime = System.getenv("XDG_RUNTIME_DIR");
    if (runtime != null && Files.isWritable(Path.of(runtime))) {
      return Path.of(runtime, "tenon");
    }
    return Path.of(
        System.getProperty("java.io.tmpdir"), "tenon-" + System.getProperty("user.name"));
  }
}
