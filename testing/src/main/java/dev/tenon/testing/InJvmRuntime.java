package dev.tenon.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.tenon.core.Plugin;
import dev.tenon.host.launch.Isolation;
import dev.tenon.host.launch.Launch;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.host.launch.PluginRuntime;
import dev.tenon.sdk.RunningPlugin;
import dev.tenon.transport.Bootstrap;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Serves a plugin on threads of the test's JVM, by the SDK and over mTLS as a process would. */
final class InJvmRuntime implements PluginRuntime {
  private final Plugin plugin;
  private final InstantSource clock;
  private volatile @Nullable Served latest;

  /** Makes a runtime in which the identity of {@code plugin} expires by {@code clock}. */
  InJvmRuntime(Plugin plugin, InstantSource clock) {
    this.plugin = plugin;
    this.clock = clock;
  }

  @Override
  public LaunchedPlugin launch(Launch launch) {
    Bootstrap bootstrap = Bootstrap.parse(launch.exposeBootstrapLine().getBytes(UTF_8));
    Served served = new Served(plugin, bootstrap, clock);
    latest = served;
    served.start();
    return served;
  }

  @Override
  public Isolation isolation() {
    return Isolation.NONE;
  }

  /** Ends the run that was started last, as a crash would. */
  void kill() {
    requireNonNull(latest, "launched").kill();
  }

  /** One run: a thread that serves until the host stops it. */
  private static final class Served extends Thread implements LaunchedPlugin {
    private final Plugin plugin;
    private final Bootstrap bootstrap;
    private final InstantSource clock;
    private final CompletableFuture<RunningPlugin> started = new CompletableFuture<>();
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();
    private volatile List<String> output = List.of();

    Served(Plugin plugin, Bootstrap bootstrap, InstantSource clock) {
      super("plugin-" + plugin.name());
      setDaemon(true);
      this.plugin = plugin;
      this.bootstrap = bootstrap;
      this.clock = clock;
    }

    @Override
    public void run() {
      int status = 0;
      try (RunningPlugin running = RunningPlugin.start(plugin, bootstrap, clock)) {
        started.complete(running);
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
      byte[] line = bootstrapLine.getBytes(UTF_8);
      var unused = started.thenAccept(running -> running.enrolAgain(line));
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
