package dev.tenon.testing;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.Policy;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.Plugin;
import dev.tenon.core.Requirement;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Version;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.launch.PluginDefinition;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.stub.AbstractStub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A JUnit 5 extension that runs a plugin under a real host: enrolment, certificates, policy and
 * calls are those of production, over mTLS, inside the test's JVM.
 *
 * <pre>{@code
 * @RegisterExtension static TenonTest tenon = TenonTest.with(plugin()).fake(new FakeLog());
 *
 * @Test void greets() {
 *   assertThat(tenon.client(GreeterGrpc::newBlockingStub).greet(request)).isEqualTo(...);
 * }
 * }</pre>
 *
 * <p>A static field starts the host once for the class, an instance field for each test. The plugin
 * may provide and call exactly what it declares. Not thread-safe while it starts and stops.
 */
public final class TenonTest
    implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback {
  private final Plugin plugin;
  private final List<Fake> fakes = new ArrayList<>();
  private @Nullable PluginHost host;
  private @Nullable Path directory;
  private boolean startedForClass;

  /** A stand-in for a service of the host. */
  private record Fake(BindableService implementation, Version version) {
    ServiceName service() {
      return new ServiceName(implementation.bindService().getServiceDescriptor().getName());
    }
  }

  private TenonTest(Plugin plugin) {
    this.plugin = requireNonNull(plugin, "plugin");
  }

  /** Returns an extension that runs {@code plugin}. */
  public static TenonTest with(Plugin plugin) {
    return new TenonTest(plugin);
  }

  /**
   * Stands in, as version 1.0.0, for a service that the plugin calls.
   *
   * @throws IllegalArgumentException as {@link #fake(BindableService, String)}
   */
  public TenonTest fake(BindableService fake) {
    return fake(fake, "1.0.0");
  }

  /**
   * Stands in for a service that the plugin calls.
   *
   * @throws IllegalArgumentException if the plugin does not call it, or not in {@code version}, or
   *     it has a stand-in already
   */
  public TenonTest fake(BindableService fake, String version) {
    Fake added = new Fake(fake, new Version(version));
    Requirement requirement = plugin.requirements().get(added.service());
    if (requirement == null || !requirement.versions().contains(added.version())) {
      throw new IllegalArgumentException(
          "fake: "
              + added.service()
              + " "
              + version
              + " (expected: one of what "
              + plugin.name()
              + " requires: "
              + plugin.requirements().values()
              + ")");
    }
    if (fakes.stream().anyMatch(other -> other.service().equals(added.service()))) {
      throw new IllegalArgumentException("fake: " + added.service() + " (expected: once)");
    }
    fakes.add(added);
    return this;
  }

  /**
   * Returns an ordinary gRPC stub for what the plugin provides.
   *
   * @throws IllegalStateException if the plugin does not provide it, or no test is running
   */
  public <S extends AbstractStub<S>> S client(Function<Channel, S> stub) {
    if (host == null) {
      throw new IllegalStateException(
          "TenonTest: not started (expected: a field with @RegisterExtension)");
    }
    return host.client(stub);
  }

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    startedForClass = true;
    start();
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    stop();
  }

  @Override
  public void beforeEach(ExtensionContext context) throws Exception {
    if (!startedForClass) {
      start();
    }
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    if (!startedForClass) {
      stop();
    }
  }

  private void start() throws IOException, ConfigException, HostStartException {
    Path temporary = Files.createTempDirectory("tenon-test");
    directory = temporary;
    PluginHost.Builder builder =
        PluginHost.builder()
            .state(temporary.resolve("state"))
            .run(temporary.resolve("run"))
            .policy(Policy.parse(new DeclaredPolicy(plugin).toml()))
            .plugin(
                new PluginDefinition(plugin.name(), plugin.version(), new InJvmRuntime(plugin)));
    fakes.forEach(
        fake ->
            builder.offers(
                fake.service().value(), fake.version().toString(), fake.implementation()));
    host = builder.start();
  }

  private void stop() throws IOException {
    if (host != null) {
      host.close();
      host = null;
    }
    if (directory != null) {
      try (Stream<Path> files = Files.walk(directory)) {
        List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
        for (Path file : deepestFirst) {
          Files.delete(file);
        }
      }
      directory = null;
    }
  }
}
