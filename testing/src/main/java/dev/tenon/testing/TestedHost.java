package dev.tenon.testing;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Plugin;
import dev.tenon.core.RuntimeId;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.host.RestartPolicy;
import dev.tenon.host.launch.PluginDefinition;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The host of a test, with its one plugin and its folder on the disk. Thread-safe. */
final class TestedHost implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long POLL_MILLIS = 10;

  private final Path folder;
  private final PluginHost host;
  private final Optional<InJvmRuntime> inJvm;

  private TestedHost(Path folder, PluginHost host, Optional<InJvmRuntime> inJvm) {
    this.folder = folder;
    this.host = host;
    this.inJvm = inJvm;
  }

  /** Starts {@code plugin} on threads of this JVM; all identities expire by {@code clock}. */
  static TestedHost inJvm(Plugin plugin, List<Fake> fakes, FakeClock clock)
      throws IOException, ConfigException, HostStartException {
    InJvmRuntime runtime = new InJvmRuntime(plugin, clock);
    return start(
        plugin,
        fakes,
        Optional.of(runtime),
        (builder, folder) ->
            builder
                .clock(clock)
                .plugin(new PluginDefinition(plugin.name(), plugin.version(), runtime)));
  }

  /** Starts {@code plugin} as a process that finds it in {@code field}. */
  static TestedHost asProcess(Plugin plugin, List<Fake> fakes, Field field)
      throws IOException, ConfigException, HostStartException {
    return start(
        plugin,
        fakes,
        Optional.empty(),
        (builder, folder) ->
            builder.plugin(
                ProgramFolder.make(
                    folder.resolve("plugins").resolve(plugin.name().value()), plugin, field)));
  }

  /** Says how the plugin runs. */
  @FunctionalInterface
  private interface Launching {
    HostBuilder add(HostBuilder builder, Path folder) throws IOException, ConfigException;
  }

  private static TestedHost start(
      Plugin plugin, List<Fake> fakes, Optional<InJvmRuntime> inJvm, Launching launching)
      throws IOException, ConfigException, HostStartException {
    Path folder = Files.createTempDirectory("tenon-test");
    try {
      HostBuilder builder =
          PluginHost.builder()
              .required("*")
              .state(folder.resolve("state"))
              .run(folder.resolve("run"))
              .startLimits(PATIENCE, PATIENCE)
              .restart(RestartPolicy.NEVER) // a test that crashes its plugin looks at what is left
              .policy(Policy.parse(new DeclaredPolicy(plugin).toml()));
      fakes.forEach(
          fake ->
              builder.offers(
                  fake.service().value(), fake.version().toString(), fake.implementation()));
      return new TestedHost(folder, launching.add(builder, folder).start(), inJvm);
    } catch (IOException | ConfigException | HostStartException | RuntimeException e) {
      TemporaryFolder.delete(folder);
      throw e;
    }
  }

  PluginHost host() {
    return host;
  }

  /** Ends the plugin as a crash does, and returns when the host has noticed. */
  void crash() throws InterruptedException {
    PluginStatus before = status();
    if (before.state().isEnd()) {
      throw new IllegalStateException(
          "crash: " + before.runtimeId() + " has ended already (expected: running)");
    }
    inJvm.ifPresent(InJvmRuntime::kill);
    before.pid().stream()
        .boxed()
        .flatMap(pid -> ProcessHandle.of(pid).stream())
        .forEach(ProcessHandle::destroyForcibly);
    awaitEnd(before.runtimeId());
  }

  private PluginStatus status() {
    return host.plugins().get(0);
  }

  private void awaitEnd(RuntimeId run) throws InterruptedException {
    // The host tells nobody when it notices, so this asks.
    CountDownLatch never = new CountDownLatch(1);
    for (int asked = 0; asked < PATIENCE.toMillis() / POLL_MILLIS; asked++) {
      if (host.plugins().stream()
          .filter(plugin -> plugin.runtimeId().equals(run))
          .allMatch(plugin -> plugin.state().isEnd())) {
        return;
      }
      never.await(POLL_MILLIS, TimeUnit.MILLISECONDS);
    }
    throw new IllegalStateException(
        "crash: the host has not noticed the end of " + run + " (expected: within 60 s)");
  }

  /** Takes back every credential of the plugin. */
  void revoke() {
    host.revoke(status().runtimeId());
  }

  /** Ends host and plugin, and deletes their folder. */
  @Override
  public void close() throws IOException {
    host.close();
    TemporaryFolder.delete(folder);
  }
}
