package dev.tenon.host.launch;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * A run of a plugin that the host did not start and cannot kill: it ends for the host when its
 * credentials do. Thread-safe.
 */
final class RemotePlugin implements LaunchedPlugin {
  private static final System.Logger LOG = System.getLogger(RemotePlugin.class.getName());

  private final SecretFile bootstrap;
  private final CompletableFuture<Integer> exit = new CompletableFuture<>();

  RemotePlugin(SecretFile bootstrap) {
    this.bootstrap = bootstrap;
  }

  @Override
  public OptionalLong pid() {
    return OptionalLong.empty();
  }

  @Override
  public CompletableFuture<Integer> exit() {
    return exit.copy();
  }

  @Override
  public boolean owns(long pid) {
    return false;
  }

  @Override
  public synchronized void rebootstrap(String bootstrapLine) throws IOException {
    if (exit.isDone()) {
      throw new IOException("the run has ended (expected: one that goes on)");
    }
    bootstrap.write(bootstrapLine);
  }

  @Override
  public synchronized void forgetBootstrap() throws IOException {
    if (!exit.isDone()) {
      bootstrap.delete();
    }
  }

  @Override
  public void terminate() {
    end();
  }

  @Override
  public void kill() {
    end();
  }

  private synchronized void end() {
    if (exit.isDone()) {
      return;
    }
    try {
      bootstrap.delete();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "a bootstrap file could not be deleted; its token is useless", e);
    }
    exit.complete(0);
  }

  @Override
  public List<String> lastOutput() {
    return List.of();
  }
}
