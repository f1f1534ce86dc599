package dev.tenon.host.life;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.core.Plugin;
import dev.tenon.host.launch.Isolation;
import dev.tenon.host.launch.Launch;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.launch.PluginRuntime;
import dev.tenon.sdk.RunningPlugin;
import dev.tenon.transport.Bootstrap;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/** Serves a plugin by the SDK on a thread of the test, for tests that need many, or its objects. */
final class InJvm implements PluginRuntime {
  private final Plugin plugin;

  private InJvm(Plugin plugin) {
    this.plugin = plugin;
  }

  static PluginDefinition of(Plugin plugin) {
    return new PluginDefinition(plugin.name(), plugin.version(), new InJvm(plugin));
  }

  @Override
  public LaunchedPlugin launch(Launch launch) {
    Bootstrap bootstrap = Bootstrap.parse(launch.exposeBootstrapLine().getBytes(UTF_8));
    Run run = new Run();
    Thread thread = new Thread(() -> run.serve(plugin, bootstrap), "plugin-" + plugin.name());
    run.thread = thread;
    thread.setDaemon(true);
    thread.start();
    return run;
  }

  @Override
  public Isolation isolation() {
    return Isolation.NONE;
  }

  /** One run, which ends when the host asks for it or its thread is interrupted. */
  private static final class Run implements LaunchedPlugin {
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();
    private Thread thread = Thread.currentThread();

    void serve(Plugin plugin, Bootstrap bootstrap) {
      int status = 0;
      try (RunningPlugin running = RunningPlugin.start(plugin, bootstrap)) {
        running.awaitEnd();
      } catch (InterruptedException e) {
        status = 143;
      } catch (Exception e) {
        status = 1;
      }
      exit.complete(status);
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
      return pid == ProcessHandle.current().pid();
    }

    @Override
    public void rebootstrap(String bootstrapLine) {
      // It has no standard input.
    }

    @Override
    public void terminate() {
      thread.interrupt();
    }

    @Override
    public void kill() {
      thread.interrupt();
    }

    @Override
    public List<String> lastOutput() {
      return List.of();
    }
  }
}
