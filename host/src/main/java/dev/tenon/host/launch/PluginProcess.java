package dev.tenon.host.launch;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.core.PluginName;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * A plugin's process. Its standard input stays open while it may live: the end of it means that the
 * host is gone.
 */
final class PluginProcess implements LaunchedPlugin {
  /** How long the output of a process that has ended may take to be read; children may hold it. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  private final Process process;
  private final OutputLog output;
  private final CompletableFuture<Integer> exit;

  private PluginProcess(Process process, PluginName plugin) {
    this.process = process;
    output = new OutputLog(plugin, process.pid());
    exit = process.onExit().thenApply(Process::exitValue);
  }

  static PluginProcess start(ProcessBuilder builder, Launch launch) throws IOException {
    Process process = builder.start();
    PluginProcess plugin = new PluginProcess(process, launch.runtimeId().plugin());
    plugin.output.follow(OutputLog.Stream.OUT, process.getInputStream());
    plugin.output.follow(OutputLog.Stream.ERR, process.getErrorStream());
    try {
      OutputStream stdin = process.getOutputStream();
      stdin.write(launch.exposeBootstrapLine().getBytes(UTF_8));
      stdin.flush();
    } catch (IOException e) {
      // A program that ends at once may not have read its line; its exit tells the host, with its
      // output.
      plugin.kill();
    }
    return plugin;
  }

  @Override
  public OptionalLong pid() {
    return OptionalLong.of(process.pid());
  }

  @Override
  public CompletableFuture<Integer> exit() {
    return exit.copy();
  }

  @Override
  public boolean owns(long pid) {
    Optional<ProcessHandle> candidate = ProcessHandle.of(pid);
    while (candidate.isPresent()) {
      if (candidate.get().equals(process.toHandle())) {
        return true;
      }
      candidate = candidate.get().parent();
    }
    return false;
  }

  /*
   * Standard input stays open: its end would tell the plugin that the host is gone, and cut the time
   * short that it has to end in good order. Signals go through the handle: Process.destroy closes the
   * pipes as well, and what the plugin prints while it ends would be lost.
   */
  @Override
  public void terminate() {
    process.toHandle().destroy();
  }

  @Override
  public void kill() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.toHandle().destroyForcibly();
    closeInput();
  }

  private void closeInput() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // The process has closed its end already.
    }
  }

  @Override
  public List<String> lastOutput() {
    if (!process.isAlive()) {
      output.awaitEnd(LAST_WORDS);
    }
    return output.last();
  }
}
