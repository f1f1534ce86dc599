package dev.tenon.host;

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
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** A runtime that starts nothing: it gives the bootstrap line to the test, which is the plugin. */
final class RawRuntime implements PluginRuntime {
  private final List<Run> all = new CopyOnWriteArrayList<>();
  private final Transport transport;
  private final Script script;
  private final Tree tree;
  private final Pace pace;
  private final CompletableFuture<Run> run = new CompletableFuture<>();

  /** What a plugin does on its own once it is launched. */
  @FunctionalInterface
  interface Script {
    void run(RawPlugin plugin) throws Exception;
  }

  /** What the host is told about the process of the plugin. */
  enum Tree {
    /** It has none, as on another machine. */
    NONE,
    /** It has one, and this JVM is it. */
    THIS_PROCESS,
    /** It has one, and this JVM does not belong to it. */
    ANOTHER_PROCESS
  }

  /** When the script runs. */
  enum Pace {
    /** Beside the host's start. */
    FREE,
    /** Before the host learns what was launched. */
    EAGER
  }

  RawRuntime(Transport transport, Tree tree, Pace pace, Script script) {
    this.transport = transport;
    this.tree = tree;
    this.pace = pace;
    this.script = script;
  }

  boolean wasLaunched() {
    return run.isDone();
  }

  /** Waits until the host has launched it. */
  Run launched() {
    return run.orTimeout(60, TimeUnit.SECONDS).join();
  }

  /** Ends the plugins of all runs: their servers are on loops that end after them. */
  void close() {
    all.forEach(launched -> launched.plugin.close());
  }

  @Override
  public LaunchedPlugin launch(Launch launch) {
    Bootstrap bootstrap = Bootstrap.parse(launch.exposeBootstrapLine().getBytes(UTF_8));
    Run launched = new Run(new RawPlugin(transport, bootstrap), tree);
    run.complete(launched);
    all.add(launched);
    if (pace == Pace.EAGER) {
      launched.follow(script);
      return launched;
    }
    Thread thread = new Thread(() -> launched.follow(script), "script-of-" + launch.runtimeId());
    thread.setDaemon(true);
    thread.start();
    return launched;
  }

  @Override
  public Isolation isolation() {
    return Isolation.NONE;
  }

  /** One run; it ends when the host says so. */
  static final class Run implements LaunchedPlugin {
    final RawPlugin plugin;
    private final Tree tree;
    private final AtomicBoolean killed = new AtomicBoolean();
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();
    private final List<Bootstrap> lines = new CopyOnWriteArrayList<>();
    private volatile List<String> output = List.of();

    Run(RawPlugin plugin, Tree tree) {
      this.plugin = plugin;
      this.tree = tree;
    }

    private void follow(Script script) {
      try {
        script.run(plugin);
      } catch (Exception | AssertionError e) {
        output = List.of(e.toString());
        exit.complete(1);
      }
    }

    boolean wasKilled() {
      return killed.get();
    }

    @Override
    public OptionalLong pid() {
      return tree == Tree.NONE
          ? OptionalLong.empty()
          : OptionalLong.of(ProcessHandle.current().pid());
    }

    @Override
    public CompletableFuture<Integer> exit() {
      return exit.copy();
    }

    @Override
    public boolean owns(long pid) {
      return tree == Tree.THIS_PROCESS && pid == ProcessHandle.current().pid();
    }

    @Override
    public void rebootstrap(String bootstrapLine) {
      lines.add(Bootstrap.parse(bootstrapLine.getBytes(UTF_8)));
    }

    /** Returns the further bootstrap lines, in their order. */
    List<Bootstrap> lines() {
      return List.copyOf(lines);
    }

    @Override
    public void terminate() {
      exit.complete(0);
    }

    @Override
    public void kill() {
      killed.set(true);
      exit.complete(137);
    }

    @Override
    public List<String> lastOutput() {
      return output;
    }
  }
}
