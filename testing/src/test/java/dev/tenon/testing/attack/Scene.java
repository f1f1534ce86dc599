package dev.tenon.testing.attack;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.PluginName;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.RestartPolicy;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import dev.tenon.v1.Health;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real host in directories of its own, an innocent plugin that calls an innocent provider, and
 * the plugins that a test attacks with. Control and data are on loopback, so that a test can write
 * bytes of its own to them.
 */
final class Scene implements AutoCloseable {
  static final String INNOCENT = "innocent";
  static final String PROVIDER = "provider";

  /** What {@code mallory} may provide, and {@code eve} and {@code frank} may call. */
  static final String OTHER = "testservice.v1.Other";

  static final String POLICY =
      """
      [[provide]]
      plugin = "provider"
      services = ["testservice.v1.Echo"]
      exclusive = true

      [[provide]]
      plugin = "mallory"
      services = ["testservice.v1.Echo"]
      exclusive = true

      [[provide]]
      plugin = "mallory"
      services = ["testservice.v1.Other"]

      [[provide]]
      plugin = "cyclic"
      services = ["acme.kv.v1.Store"]

      [[rule]]
      id = "innocent"
      effect = "allow"
      caller = "innocent"
      service = "testservice.v1.Echo"

      [[rule]]
      id = "mallory"
      effect = "allow"
      caller = "mallory"
      service = "testservice.v1.Echo"

      [[rule]]
      id = "eve"
      effect = "allow"
      caller = "eve"
      service = "testservice.v1.*"

      [[rule]]
      id = "frank"
      effect = "allow"
      caller = "frank"
      service = "testservice.v1.Other"
      """;

  final TestClock clock = new TestClock();
  final TestRandom random = new TestRandom();
  final InnocentEcho echo = new InnocentEcho();
  final AuditTrail audit;
  final Path directory;
  private final Transport transport = Transport.create(TlsProvider.preferred());
  private final Map<String, RawRuntime> runtimes = new LinkedHashMap<>();
  private final Set<String> lasting = new HashSet<>(Set.of(INNOCENT, PROVIDER));
  private final CompletableFuture<PluginHost> host = new CompletableFuture<>();

  private Scene(Plan plan) throws IOException, ConfigException {
    directory = Files.createTempDirectory(Path.of("/tmp"), "ta");
    audit = new AuditTrail(directory.resolve("audit.jsonl"));
    HostBuilder builder =
        PluginHost.builder()
            .required("*")
            .restart(RestartPolicy.NEVER)
            .state(directory.resolve("s"))
            .run(directory.resolve("r"))
            .audit(directory.resolve("audit.jsonl"))
            .controlListen("tcp:127.0.0.1:0")
            .dataListen("tcp:127.0.0.1:0")
            .policy(Policy.parse(POLICY))
            .clock(clock)
            .random(random)
            .limits(Generous.LIMITS)
            .startLimits(Duration.ofMinutes(2), Duration.ofMinutes(2))
            .stopGrace(Duration.ofMillis(200));
    lasting.addAll(plan.lasting);
    plan.settings.forEach(setting -> setting.accept(builder));
    Map<String, RawRuntime.Script> scripts = new LinkedHashMap<>();
    scripts.put(PROVIDER, this::provide);
    scripts.put(INNOCENT, Scene::begin);
    scripts.putAll(plan.plugins);
    scripts.forEach((name, script) -> add(builder, name, script));
    start(builder);
  }

  /**
   * Starts a host as {@code plan} says, and waits for all that does not wait for the test.
   *
   * @throws CompletionException if it does not start; nothing is left then
   */
  static Scene start(Plan plan) throws IOException, ConfigException {
    Scene scene = new Scene(plan);
    if (plan.startEnds()) {
      scene.awaitStart();
    } else {
      scene.runtimes.values().forEach(runtime -> runtime.launched().awaitBegun());
    }
    return scene;
  }

  private void awaitStart() {
    try {
      var unused = host();
    } catch (CompletionException e) {
      close();
      throw e;
    }
  }

  private void provide(RawPlugin plugin) throws IOException {
    plugin.enrol(InnocentEcho.SERVICE);
    var unused = plugin.serve(echo.bindService());
    var unusedId = plugin.register(InnocentEcho.SERVICE);
    plugin.report(Health.HEALTH_HEALTHY);
  }

  private static void begin(RawPlugin plugin) {
    plugin.enrol();
    plugin.report(Health.HEALTH_HEALTHY);
  }

  private void add(HostBuilder builder, String name, RawRuntime.Script script) {
    RawRuntime runtime = new RawRuntime(transport, script);
    runtimes.put(name, runtime);
    builder.plugin(new PluginDefinition(new PluginName(name), RawPlugin.VERSION, runtime));
  }

  private void start(HostBuilder builder) {
    Thread starter =
        new Thread(
            () -> {
              try {
                host.complete(builder.start());
              } catch (HostStartException | RuntimeException e) {
                host.completeExceptionally(e);
              }
            },
            "host-start");
    starter.setDaemon(true);
    starter.start();
  }

  /** Returns the host, once all plugins are healthy. */
  PluginHost host() {
    return host.orTimeout(120, TimeUnit.SECONDS).join();
  }

  /** Returns the plugin called {@code name}, once it is launched. */
  RawPlugin plugin(String name) {
    return run(name).plugin;
  }

  /** Returns the run of the plugin called {@code name}, once it is launched. */
  RawRuntime.Run run(String name) {
    return requireNonNull(runtimes.get(name), name).launched();
  }

  /** Returns all plugins that were launched. */
  List<RawPlugin> plugins() {
    return runtimes.values().stream()
        .filter(RawRuntime::wasLaunched)
        .map(runtime -> runtime.launched().plugin)
        .toList();
  }

  /** Ends every connection of those that attack. */
  void disconnectAttackers() {
    runtimes.forEach(
        (name, runtime) -> {
          if (!lasting.contains(name) && runtime.wasLaunched()) {
            runtime.launched().plugin.disconnect();
          }
        });
  }

  @Override
  public void close() {
    if (!host.isDone()) {
      runtimes.values().forEach(runtime -> runtime.launched().terminate());
    }
    try {
      host().close();
    } catch (CompletionException e) {
      // It did not start; then nothing of it is left.
    }
    plugins().forEach(RawPlugin::close);
    transport.close();
    delete();
  }

  private void delete() {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
