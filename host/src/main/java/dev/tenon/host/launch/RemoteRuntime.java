package dev.tenon.host.launch;

import dev.tenon.transport.Endpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A plugin that others start, on this machine or another: the host offers it a file with its
 * bootstrap document and waits for it to come. How the file gets to another machine is the
 * operator's matter; it is a secret.
 */
final class RemoteRuntime implements PluginRuntime {
  private final Path file;
  private final Endpoint.Tcp listen;

  /** Makes a runtime whose plugin reads {@code file} and is reached at {@code listen}. */
  RemoteRuntime(Path file, Endpoint.Tcp listen) {
    this.file = file;
    this.listen = listen;
  }

  @Override
  public Optional<Endpoint> remote() {
    return Optional.of(listen);
  }

  @Override
  public Isolation isolation() {
    return Isolation.REMOTE;
  }

  @Override
  public LaunchedPlugin launch(Launch launch) throws LaunchException {
    SecretFile secret = new SecretFile(file);
    try {
      secret.write(launch.exposeBootstrapLine());
    } catch (IOException e) {
      throw new LaunchException(
          "plugin " + launch.runtimeId().plugin() + ": bootstrap: " + e.getMessage(), e);
    }
    return new RemotePlugin(secret);
  }
}
