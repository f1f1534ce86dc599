package dev.tenon.host.launch;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.core.PluginName;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * A plugin's process. Its standard input stays open while it may live: the end of it means that the
 * host is gone.
 */
final class PluginProcess implements LaunchedPlugin {
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

  @Override
  public void terminate() {
    closeInput();
    process.destroy();
  }

  @Override
  public void kill() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
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
    return output.last();
  }
}
