package dev.tenon.testing.attack;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.host.launch.Isolation;
import dev.tenon.host.launch.Launch;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.host.launch.PluginRuntime;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.Transport;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A runtime that starts nothing: the test plays the plugin, after a script for its beginning. */
final class RawRuntime implements PluginRuntime {
  private final Transport transport;
  private final Script script;
  private final CompletableFuture<Run> run = new CompletableFuture<>();

  /** What a plugin does on its own once it is launched. */
  @FunctionalInterface
  interface Script {
    void run(RawPlugin plugin) throws Exception;
  }

  RawRuntime(Transport transport, Script script) {
    this.transport = transport;
    this.script = script;
  }

  /** Waits until the host has launched it. */
  Run launched() {
    return run.orTimeout(60, TimeUnit.SECONDS).join();
  }

  boolean wasLaunched() {
    return run.isDone() && !run.isCompletedExceptionally();
  }

  @Override
  public LaunchedPlugin launch(Launch launch) {
    Bootstrap bootstrap = Bootstrap.parse(launch.exposeBootstrapLine().getBytes(UTF_8));
    Run launched = new Run(new RawPlugin(transport, bootstrap));
    run.complete(launched);
    Thread thread = new Thread(() -> launched.follow(script), "script-of-" + launch.runtimeId());
    thread.setDaemon(true);
    thread.start();
    return launched;
  }

  @Override
  public Isolation isolation() {
    return Isolation.NONE;
  }

  /** One run; it ends when the host or the test says so. */
  static final class Run implements LaunchedPlugin {
    final RawPlugin plugin;
    private final CompletableFuture<Void> begun = new CompletableFuture<>();
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();

    Run(RawPlugin plugin) {
      this.plugin = plugin;
    }

    private void follow(Script script) {
      try {
        script.run(plugin);
        begun.complete(null);
      } catch (Exception | AssertionError e) {
        begun.completeExceptionally(e);
        exit.complete(1);
      }
    }

    /** Waits until the script is done. */
    void awaitBegun() {
      var unused = begun.orTimeout(60, TimeUnit.SECONDS).join();
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
    public void rebootstrap(String bootstrapLine) {}

    @Override
    public void terminate() {
      exit.complete(0);
    }

    @Override
    public void kill() {
      exit.complete(137); // 128 + SIGKILL, as a process would end
    }

    @Override
    public List<String> lastOutput() {
      return List.of();
    }
  }
}
