package dev.tenon.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.core.Plugin;
import dev.tenon.host.launch.Isolation;
import dev.tenon.host.launch.Launch;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.host.launch.PluginRuntime;
import dev.tenon.sdk.RunningPlugin;
import dev.tenon.transport.Bootstrap;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/** Serves a plugin on threads of the test's JVM, by the SDK and over mTLS as a process would. */
final class InJvmRuntime implements PluginRuntime {
  private final Plugin plugin;

  InJvmRuntime(Plugin plugin) {
    this.plugin = plugin;
  }

  @Override
  public LaunchedPlugin launch(Launch launch) {
    Bootstrap bootstrap = Bootstrap.parse(launch.exposeBootstrapLine().getBytes(UTF_8));
    Served served = new Served(plugin, bootstrap);
    served.start();
    return served;
  }

  @Override
  public Isolation isolation() {
    return Isolation.NONE;
  }

  /** One run: a thread that serves until the host stops it. */
  private static final class Served extends Thread implements LaunchedPlugin {
    private final Plugin plugin;
    private final Bootstrap bootstrap;
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();
    private volatile List<String> output = List.of();

    Served(Plugin plugin, Bootstrap bootstrap) {
      super("plugin-" + plugin.name());
      setDaemon(true);
      this.plugin = plugin;
      this.bootstrap = bootstrap;
    }

    @Override
    public void run() {
      int status = 0;
      try (RunningPlugin running = RunningPlugin.start(plugin, bootstrap)) {
        running.awaitEnd();
      } catch (InterruptedException e) {
        status = 137; // 128 + SIGKILL, as a process would end
      } catch (Exception e) {
        StringWriter trace = new StringWriter();
        e.printStackTrace(new PrintWriter(trace));
        output = trace.toString().lines().limit(20).toList();
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
      interrupt();
    }

    @Override
    public void kill() {
      interrupt();
    }

    @Override
    public List<String> lastOutput() {
      return output;
    }
  }
}
