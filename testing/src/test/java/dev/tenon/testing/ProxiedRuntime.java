package dev.tenon.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.core.Plugin;
import dev.tenon.host.launch.Isolation;
import dev.tenon.host.launch.Launch;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.host.launch.PluginRuntime;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.Endpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Serves a plugin that reaches control and data of its host through a proxy each. */
final class ProxiedRuntime implements PluginRuntime, AutoCloseable {
  private final InJvmRuntime runtime;
  private final CompletableFuture<FaultProxy> control = new CompletableFuture<>();
  private final CompletableFuture<FaultProxy> data = new CompletableFuture<>();

  ProxiedRuntime(Plugin plugin) {
    runtime = new InJvmRuntime(plugin, InstantSource.system());
  }

  FaultProxy control() {
    return control.join();
  }

  FaultProxy data() {
    return data.join();
  }

  @Override
  public LaunchedPlugin launch(Launch launch) {
    Bootstrap line = Bootstrap.parse(launch.exposeBootstrapLine().getBytes(UTF_8));
    Bootstrap proxied =
        new Bootstrap(
            line.plugin(),
            line.runtimeId(),
            line.enrol(),
            through(control, line.control()),
            through(data, line.data()),
            line.serverName(),
            line.hostId(),
            line.trustBundle(),
            line.enrolmentToken(),
            line.expires(),
            line.listen());
    return runtime.launch(new Launch(launch.runtimeId(), launch.state(), proxied.toJsonLine()));
  }

  private static Endpoint through(CompletableFuture<FaultProxy> proxy, Endpoint to) {
    try {
      FaultProxy made = FaultProxy.to(((Endpoint.Tcp) to).port());
      proxy.complete(made);
      return new Endpoint.Tcp("127.0.0.1", made.port());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Isolation isolation() {
    return Isolation.NONE;
  }

  @Override
  public void close() {
    close(control.getNow(null));
    close(data.getNow(null));
  }

  private static void close(@Nullable FaultProxy proxy) {
    if (proxy != null) {
      proxy.close();
    }
  }
}
