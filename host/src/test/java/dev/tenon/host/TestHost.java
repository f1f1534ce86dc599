package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.audit.AuditLog;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.PluginName;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import io.grpc.BindableService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A real host in directories of its own, whose plugins are played by the test. */
final class TestHost implements AutoCloseable {
  final TestClock clock = new TestClock();
  final TestRandom random = new TestRandom();
  final AuditTrail audit;
  private final Path directory;
  private final Transport transport = Transport.create(TlsProvider.preferred(), clock);
  private final Map<String, RawRuntime> runtimes = new LinkedHashMap<>();
  private final List<RawRuntime> later = new CopyOnWriteArrayList<>();
  private final Map<String, RawRuntime> lastOf = new ConcurrentHashMap<>();
  private final HostBuilder builder;
  private final CompletableFuture<HookedAuditLog> hooked = new CompletableFuture<>();
  private final CompletableFuture<PluginHost> host = new CompletableFuture<>();

  private TestHost(String policy) throws IOException, ConfigException {
    directory = Files.createTempDirectory(Path.of("/tmp"), "tc");
    Path file = directory.resolve("audit.jsonl");
    audit = new AuditTrail(file);
    builder =
        PluginHost.builder()
            .state(directory.resolve("s"))
            .run(directory.resolve("r"))
            .audit(file)
            .beforeAudit(this::hooked)
            .policy(Policy.parse(policy))
            .required("*")
            .clock(clock)
            .random(random)
            .limits(Generous.LIMITS)
            .startLimits(Duration.ofSeconds(120), Duration.ofSeconds(120))
            .restart(RestartPolicy.NEVER)
            .lastWords(Duration.ofSeconds(30))
            .stopGrace(Duration.ofSeconds(1));
  }

  private AuditLog hooked(AuditLog log) {
    HookedAuditLog before = new HookedAuditLog(log);
    hooked.complete(before);
    return before;
  }

  /** Returns what stands before the log of the host, once it is open. */
  HookedAuditLog hooked() {
    return hooked.orTimeout(120, TimeUnit.SECONDS).join();
  }

  static TestHost with(String policy) throws IOException, ConfigException {
    return new TestHost(policy);
  }

  /**
   * Makes one with a plugin {@code provider}, which everybody may call: it provides {@code echo}.
   */
  static TestHost withEcho(BindableService echo) throws IOException, ConfigException {
    return with("""
    [[provide]]
    plugin = "provider"
    services = ["testservice.v1.Echo"]

    [[rule]]
    id = "echo"
    effect = "allow"
    caller = "*"
    service = "testservice.v1.Echo"
    """)
        .scripted(
            "provider",
            RawRuntime.Tree.NONE,
            plugin -> {
              var unused = plugin.enrol("testservice.v1.Echo");
              plugin.serve(echo);
              var unusedId = plugin.register("testservice.v1.Echo");
              plugin.healthy();
            });
  }

  /** Adds a plugin that enrols, declares {@code provides}, and reports that it is healthy. */
  TestHost enrolled(String name, String... provides) {
    return scripted(
        name,
        RawRuntime.Tree.NONE,
        plugin -> {
          plugin.enrol(provides);
          plugin.healthy();
        });
  }

  /** Adds a plugin that does nothing of itself; the host's start waits for it. */
  TestHost silent(String name) {
    return scripted(name, RawRuntime.Tree.NONE, plugin -> {});
  }

  TestHost scripted(String name, RawRuntime.Tree tree, RawRuntime.Script script) {
    return add(name, new RawRuntime(transport, tree, RawRuntime.Pace.FREE, script));
  }

  /** Adds a plugin whose script runs before the host learns what it has launched. */
  TestHost eager(String name, RawRuntime.Tree tree, RawRuntime.Script script) {
    return add(name, new RawRuntime(transport, tree, RawRuntime.Pace.EAGER, script));
  }

  /**
   * Returns a plugin called {@code name} that the running host does not have yet; {@link #laterRun}
   * has its run.
   */
  PluginDefinition later(String name, RawRuntime.Script script) {
    RawRuntime runtime =
        new RawRuntime(transport, RawRuntime.Tree.NONE, RawRuntime.Pace.FREE, script);
    later.add(runtime);
    lastOf.put(name, runtime);
    return new PluginDefinition(new PluginName(name), RawPlugin.VERSION, runtime);
  }

  /** Returns the run of what was made last by {@link #later}. */
  RawRuntime.Run laterRun(String name) {
    return requireNonNull(lastOf.get(name), name).launched();
  }

  private TestHost add(String name, RawRuntime runtime) {
    runtimes.put(name, runtime);
    builder.plugin(new PluginDefinition(new PluginName(name), RawPlugin.VERSION, runtime));
    return this;
  }

  /** Switches administration on, for those called {@code names}. */
  TestHost admins(String... names) {
    builder.admins(names);
    return this;
  }

  TestHost set(Consumer<HostBuilder> setting) {
    setting.accept(builder);
    return this;
  }

  /** Starts the host and waits until all plugins are healthy. */
  TestHost start() {
    begin();
    var unused = host();
    return this;
  }

  /** Starts the host and does not wait. */
  TestHost begin() {
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
    return this;
  }

  PluginHost host() {
    return host.orTimeout(120, TimeUnit.SECONDS).join();
  }

  /** Waits until the start has failed, and returns why. */
  Throwable startFailure() {
    try {
      host.orTimeout(120, TimeUnit.SECONDS).join().close();
      throw new AssertionError("the host has started (expected: failed)");
    } catch (CompletionException e) {
      return requireNonNull(e.getCause(), "cause");
    }
  }

  /** Returns the plugin called {@code name}, once it is launched. */
  RawPlugin plugin(String name) {
    return run(name).plugin;
  }

  RawRuntime.Run run(String name) {
    return requireNonNull(runtimes.get(name), name).launched();
  }

  boolean wasLaunched(String name) {
    return requireNonNull(runtimes.get(name), name).wasLaunched();
  }

  Path directory() {
    return directory;
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
    Stream.concat(runtimes.values().stream(), later.stream()).forEach(RawRuntime::close);
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
