package dev.tenon.examples.host;

import static java.util.stream.Collectors.joining;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.config.ConfigTable;
import dev.tenon.auth.policy.PolicyDocument;
import dev.tenon.core.Selection;
import dev.tenon.examples.host.v1.ListingGrpc;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.HostLimits;
import dev.tenon.host.PluginHost;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.registry.etcd.EtcdSettings;
import dev.tenon.registry.etcd.EtcdStore;
import dev.tenon.transport.TlsProvider;
import java.lang.System.Logger.Level;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** What {@code tenon.toml} says, with its defaults and with paths made absolute. Immutable. */
record HostConfig(
    String trustDomain,
    Folders folders,
    Optional<Path> python,
    List<String> required,
    Listen listen,
    Tls tls,
    HostTrustConfig trust,
    boolean allowRoot,
    Map<String, Selection> selection,
    HostLimits limits,
    List<String> admins,
    UpkeepConfig upkeep,
    FailingTables failing,
    Level pluginLog,
    Optional<EtcdSettings> registry,
    HostsTable hosts,
    Optional<String> probes,
    Optional<OrchestratorTable> orchestrator) {

  /** Eight JVMs that start at once share the processors of a small machine. */
  private static final Duration TO_ENROL = Duration.ofSeconds(25);

  private static final Duration TO_HEALTHY = Duration.ofMinutes(1);

  /** The folders and files of a host. */
  record Folders(Path plugins, Path policy, Path state, Path run, Path audit) {}

  /** Where the planes listen; empty: a Unix socket that the host makes in its run directory. */
  record Listen(Optional<String> enrol, Optional<String> control, Optional<String> data) {}

  /** The library that does TLS, and the oldest version of it. */
  record Tls(String provider, String minVersion) {
    static Tls read(Optional<ConfigTable> tls) {
      return new Tls(
          tls.flatMap(table -> table.parsed("provider", checked(HostBuilder::tlsProvider)))
              .orElseGet(() -> TlsProvider.preferred().name().toLowerCase(Locale.ROOT)),
          tls.flatMap(table -> table.parsed("min_version", checked(HostBuilder::tlsMinVersion)))
              .orElse("1.3"));
    }
  }

  /**
   * Reads {@code file}; paths in it are relative to its folder.
   *
   * @throws ConfigException with all that is wrong with it
   */
  static HostConfig read(Path file) throws ConfigException {
    Path absolute = file.toAbsolutePath().normalize();
    Path folder = absolute.resolveSibling(".").normalize();
    ConfigTable toml = ConfigTable.read(file);
    Function<String, Path> path = text -> path(folder, text);
    Path state = toml.parsed("state", path).orElse(folder.resolve("tenon-state"));
    Optional<ConfigTable> tls = toml.table("tls");
    Optional<ConfigTable> audit = toml.table("audit");
    Optional<ConfigTable> tokens = toml.table("tokens");
    RunTable run = RunTable.read(toml, path);
    HostConfig config =
        new HostConfig(
            toml.parsed("trust_domain", checked(HostBuilder::trustDomain)).orElse("tenon.internal"),
            new Folders(
                toml.requiredParsed("plugins", path, folder),
                toml.requiredParsed("policy", path, folder),
                state,
                run.directory().orElseGet(HostBuilder::defaultRun),
                audit
                    .flatMap(table -> table.parsed("path", path))
                    .orElse(state.resolve("audit.jsonl"))),
            toml.parsed("python", path),
            required(toml),
            new Listen(
                listen(toml, "enrol", HostBuilder::enrolListen),
                listen(toml, "control", HostBuilder::controlListen),
                listen(toml, "data", HostBuilder::dataListen)),
            Tls.read(tls),
            HostTrustConfig.read(tls, tokens, path),
            run.allowRoot(),
            toml.table("selection").map(SelectionTable::read).orElse(Map.of()),
            toml.table("limits").map(LimitsTable::read).orElse(HostLimits.DEFAULT),
            toml.table("admin").map(HostConfig::admins).orElse(List.of()),
            UpkeepConfig.read(toml, audit, tokens, toml.table("grants")),
            FailingTables.read(toml),
            toml.parsed("plugin_log", HostConfig::level).orElse(Level.INFO),
            toml.table(RegistryTable.NAME).flatMap(table -> RegistryTable.read(table, path)),
            toml.table(HostsTable.NAME)
                .map(table -> HostsTable.read(table, path))
                .orElse(HostsTable.NONE),
            listen(toml, "probes", HostBuilder::probes),
            toml.table(OrchestratorTable.NAME).map(table -> OrchestratorTable.read(table, path)));
    toml.finish();
    return config;
  }

  private static Level level(String text) {
    for (Level level : List.of(Level.DEBUG, Level.INFO, Level.WARNING, Level.ERROR, Level.OFF)) {
      if (name(level).equals(text)) {
        return level;
      }
    }
    throw new IllegalArgumentException("level (expected: debug, info, warning, error or off)");
  }

  private static String name(Level level) {
    return level.getName().toLowerCase(Locale.ROOT);
  }

  private static Path path(Path folder, String text) {
    try {
      if (!text.isEmpty()) {
        return folder.resolve(text).normalize();
      }
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("path (expected: a path of this system)", e);
    }
    throw new IllegalArgumentException("path (expected: a path)");
  }

  private static List<String> required(ConfigTable toml) {
    List<String> names = toml.strings("required");
    try {
      var unused = PluginHost.builder().required(names.toArray(String[]::new));
    } catch (IllegalArgumentException e) {
      toml.problem("required", String.valueOf(e.getMessage()));
    }
    return names;
  }

  private static List<String> admins(ConfigTable table) {
    List<String> names = table.strings("names");
    try {
      var unused = PluginHost.builder().admins(names.toArray(String[]::new));
    } catch (IllegalArgumentException e) {
      table.problem("names", String.valueOf(e.getMessage()));
    }
    return names;
  }

  private static Optional<String> listen(
      ConfigTable toml, String plane, BiFunction<HostBuilder, String, HostBuilder> setting) {
    return toml.table(plane).flatMap(table -> table.parsed("listen", checked(setting)));
  }

  /** Returns a parser that leaves a text as it is, if {@code setting} takes it. */
  private static UnaryOperator<String> checked(
      BiFunction<HostBuilder, String, HostBuilder> setting) {
    return text -> {
      var unused = setting.apply(PluginHost.builder(), text);
      return text;
    };
  }

  /**
   * Returns the description of a host as configured, that tells its plugins which files it lists
   * and takes their log records.
   *
   * @throws ConfigException with all that is wrong with the policy and the plugins' folders
   */
  HostBuilder host(List<String> listed) throws ConfigException {
    List<String> problems = new ArrayList<>();
    HostBuilder host = PluginHost.builder();
    upkeep.configure(host, folders.policy());
    failing.configure(host);
    try {
      var unused = PolicyDocument.read(folders.policy()).policy();
    } catch (ConfigException e) {
      if (e.kind() == ConfigException.Kind.INVALID) { // a missing one allows nothing
        problems.addAll(e.problems());
      }
    }
    try {
      var unused = PluginDefinition.loadAll(folders.plugins()); // for its problems
      host.plugins(folders.plugins());
      if (python.isPresent() && PythonInterpreter.runsPlugins()) {
        host.plugin(PluginDefinition.load(python.get()));
      }
    } catch (ConfigException e) {
      problems.addAll(e.problems());
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(ConfigException.Kind.INVALID, problems);
    }
    new RunTable(Optional.of(folders.run()), allowRoot).checkUser();
    listen.enrol().ifPresent(host::enrolListen);
    listen.control().ifPresent(host::controlListen);
    listen.data().ifPresent(host::dataListen);
    trust.configure(host);
    selection.forEach(host::selection);
    registry.map(EtcdStore::of).ifPresent(host::registry);
    hosts.configure(host, trustDomain);
    probes.ifPresent(host::probes);
    if (orchestrator.isPresent()) {
      orchestrator.get().configure(host, trustDomain);
    }
    return host.trustDomain(trustDomain)
        .startLimits(TO_ENROL, TO_HEALTHY)
        .state(folders.state())
        .run(folders.run())
        .audit(folders.audit())
        .tlsProvider(tls.provider())
        .tlsMinVersion(tls.minVersion())
        .limits(limits)
        .admins(admins.toArray(String[]::new))
        .required(required.toArray(String[]::new))
        .offers(ListingGrpc.SERVICE_NAME, new HostListing(listed))
        .offersLog(pluginLog);
  }

  /** Returns the audit log's file. */
  Path audit() {
    return folders.audit();
  }

  /** Returns the text of a file that reads as this configuration, from any folder. */
  String toToml() {
    StringBuilder toml = new StringBuilder(512);
    entry(toml, "trust_domain", trustDomain);
    entry(toml, "plugins", folders.plugins().toString());
    python.ifPresent(folder -> entry(toml, "python", folder.toString()));
    toml.append("required = ").append(quoted(required)).append('\n');
    entry(toml, "policy", folders.policy().toString());
    toml.append(upkeep.policyEntry());
    entry(toml, "plugin_log", name(pluginLog));
    entry(toml, "state", folders.state().toString());
    entry(toml, "run.directory", folders.run().toString());
    toml.append("run.allow_root = ").append(allowRoot).append('\n');
    listen(toml.append("\n[enrol]\n"), listen.enrol());
    listen(toml.append("\n[control]\n"), listen.control());
    listen(toml.append("\n[data]\n"), listen.data());
    toml.append("\n[admin]\nnames = ").append(quoted(admins)).append('\n');
    entry(toml.append("\n[tls]\n"), "provider", tls.provider());
    entry(toml, "min_version", tls.minVersion());
    trust.entries().forEach((key, value) -> entry(toml, key, value));
    trust
        .lists()
        .forEach(
            (key, values) ->
                toml.append(key)
                    .append(" = [\"")
                    .append(String.join("\", \"", values))
                    .append("\"]\n"));
    toml.append("\n[tokens]\n");
    entry(toml, "life", trust.tokenLife().toString());
    entry(toml, "grace", trust.tokenGrace().toString());
    toml.append(upkeep.tokensEntry());
    entry(toml.append("\n[audit]\n"), "path", folders.audit().toString());
    toml.append(upkeep.auditEntry()).append("\n[grants]\n").append(upkeep.grantsEntries());
    toml.append("\n[restart]\n").append(upkeep.restartEntries());
    toml.append(failing.toToml());
    toml.append("\n[limits]\n").append(LimitsTable.toToml(limits));
    registry.ifPresent(
        settings -> {
          toml.append("\n[registry]\n").append(RegistryTable.endpoints(settings));
          RegistryTable.entries(settings).forEach((key, value) -> entry(toml, key, value));
        });
    if (!hosts.equals(HostsTable.NONE)) {
      listen(toml.append("\n[hosts]\n"), hosts.listen());
      toml.append(hosts.toToml(HostConfig::quoted));
    }
    probes.ifPresent(at -> entry(toml.append("\n[probes]\n"), "listen", at));
    orchestrator.ifPresent(
        told -> {
          toml.append("\n[orchestrator]\n");
          told.entries().forEach((key, value) -> entry(toml, key, value));
        });
    toml.append("\n[selection]\n");
    selection.forEach(
        (service, strategy) ->
            toml.append('"')
                .append(service)
                .append("\" = ")
                .append(SelectionTable.toToml(strategy))
                .append('\n'));
    toml.append("# all other services: first\n");
    return toml.toString();
  }

  private static void listen(StringBuilder toml, Optional<String> endpoint) {
    if (endpoint.isPresent()) {
      entry(toml, "listen", endpoint.get());
    } else {
      toml.append("# listen: a Unix socket of each start's own, in the run directory\n");
    }
  }

  private static void entry(StringBuilder toml, String key, String value) {
    toml.append(key).append(" = ").append(quoted(value)).append('\n');
  }

  static String quoted(List<String> values) {
    return values.stream().map(HostConfig::quoted).collect(joining(", ", "[", "]"));
  }

  private static String quoted(String value) {
    StringBuilder text = new StringBuilder(value.length() + 2).append('"');
    value
        .chars()
        .forEach(
            c -> {
              if (c == '"' || c == '\\') {
                text.append('\\').append((char) c);
              } else if (Character.isISOControl(c)) {
                text.append(String.format("\\u%04x", c));
              } else {
                text.append((char) c);
              }
            });
    return text.append('"').toString();
  }
}
