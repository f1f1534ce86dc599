package dev.tenon.testing;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.Plugin;
import dev.tenon.core.Requirement;
import dev.tenon.core.Version;
import dev.tenon.host.HostStartException;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.stub.AbstractStub;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A JUnit 5 extension that runs a plugin under a real host: enrolment, certificates, policy and
 * calls are those of production, over mTLS. The plugin runs inside the test's JVM, where a debugger
 * sees it, or {@linkplain #asProcess as a process}.
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
  private final FakeClock clock = new FakeClock();
  private boolean asProcess;
  private @Nullable TestedHost tested;
  private boolean startedForClass;

  private TenonTest(Plugin plugin) {
    this.plugin = requireNonNull(plugin, "plugin");
  }

  /** Returns an extension that runs {@code plugin}. */
  public static TenonTest with(Plugin plugin) {
    return new TenonTest(plugin);
  }

  /** Returns the plugin. */
  Plugin plugin() {
    return plugin;
  }

  /**
   * Runs the plugin as a process of its own, a JVM with the class path of the test, instead of on
   * threads of the test.
   *
   * <pre>{@code
   * @RegisterExtension static TenonTest tenon = TenonTest.with(plugin()).asProcess();
   * }</pre>
   *
   * <p>The process loads the test class to find the plugin in the extension's field; if that is an
   * instance field, it makes an object of the class, which needs a constructor without parameters.
   * Objects of the test are not those of the process: what a test wants to see of the plugin must
   * come through a call. Fakes stay in the test's JVM.
   */
  public TenonTest asProcess() {
    asProcess = true;
    return this;
  }

  /**
   * Stands in, as version 1.0.0, for a service that the plugin calls, whether the host or another
   * plugin is to provide it.
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
    return running().host().client(stub);
  }

  /**
   * Returns the clock by which the tokens and certificates of host and plugin expire.
   *
   * <pre>{@code tenon.clock().advance(Duration.ofHours(2));}</pre>
   *
   * @throws IllegalStateException if the plugin runs as a process, which has a clock of its own
   */
  public FakeClock clock() {
    if (asProcess) {
      throw new IllegalStateException(
          "clock: the plugin runs as a process (expected: without asProcess)");
    }
    return clock;
  }

  /**
   * Ends the plugin as a crash does, without a word to the host, and returns when the host has
   * noticed. Calls in flight are lost; later ones end with UNAVAILABLE.
   *
   * <pre>{@code
   * tenon.crash();
   * assertThatThrownBy(() -> client.greet(request)).hasMessageContaining("UNAVAILABLE");
   * }</pre>
   *
   * @throws IllegalStateException if no test is running, or the plugin has ended already
   * @throws InterruptedException if the thread is interrupted meanwhile
   */
  public void crash() throws InterruptedException {
    running().crash();
  }

  /**
   * Takes back every credential of the plugin, as a host does with one that has shown itself
   * unsafe. When this returns they are useless; its open calls and its connections end, and its
   * process.
   *
   * <pre>{@code
   * tenon.revoke();
   * assertThatThrownBy(() -> client.greet(request)).hasMessageContaining("UNAVAILABLE");
   * }</pre>
   *
   * @throws IllegalStateException if no test is running
   */
  public void revoke() {
    running().revoke();
  }

  private TestedHost running() {
    if (tested == null) {
      throw new IllegalStateException(
          "TenonTest: not started (expected: a field with @RegisterExtension)");
    }
    return tested;
  }

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    startedForClass = true;
    start(context);
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    stop();
  }

  @Override
  public void beforeEach(ExtensionContext context) throws Exception {
    if (!startedForClass) {
      start(context);
    }
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    if (!startedForClass) {
      stop();
    }
  }

  private void start(ExtensionContext context)
      throws IOException, ConfigException, HostStartException {
    tested =
        asProcess
            ? TestedHost.asProcess(plugin, fakes, new ExtensionField(this).in(context))
            : TestedHost.inJvm(plugin, fakes, clock);
  }

  private void stop() throws IOException {
    if (tested != null) {
      tested.close();
      tested = null;
    }
  }
}
