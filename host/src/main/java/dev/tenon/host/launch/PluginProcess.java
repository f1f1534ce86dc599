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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A plugin's process. Its standard input stays open while it may live: the end of it means that the
 * host is gone.
 */
final class PluginProcess implements LaunchedPlugin {
  /** How long the output of a process that has ended may take to be read; children may hold it. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  /** How long a plugin may leave a line on its full standard input unread. */
  private static final Duration TO_READ = Duration.ofSeconds(5);

  /*
   * A write into a full pipe blocks until the plugin reads, or for ever. So each further line has a
   * thread of its own, and `writing` lets one of them write at a time.
   */
  private final Semaphore writing = new Semaphore(1);
  private final Process process;
  private final Isolation isolation;
  private final OutputLog output;
  private final CompletableFuture<Integer> exit;

  private PluginProcess(Process process, PluginName plugin, Isolation isolation) {
    this.process = process;
    this.isolation = isolation;
    output = new OutputLog(plugin, process.pid());
    exit = process.onExit().thenApply(Process::exitValue);
  }

  static PluginProcess start(ProcessBuilder builder, Launch launch, Isolation isolation)
      throws IOException {
    Process process = builder.start();
    PluginProcess plugin = new PluginProcess(process, launch.runtimeId().plugin(), isolation);
    plugin.output.follow(OutputLog.Stream.OUT, process.getInputStream());
    plugin.output.follow(OutputLog.Stream.ERR, process.getErrorStream());
    try {
      plugin.write(launch.exposeBootstrapLine());
    } catch (IOException e) {
      // A program that ends at once may not have read its line; its exit tells the host, with its
      // output.
      plugin.kill();
    }
    return plugin;
  }

  private void write(String bootstrapLine) throws IOException {
    OutputStream stdin = process.getOutputStream();
    stdin.write(bootstrapLine.getBytes(UTF_8));
    stdin.flush();
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
  public void rebootstrap(String bootstrapLine) throws IOException {
    if (!writing.tryAcquire()) {
      throw new IOException("an earlier line is still unread (expected: each line read at once)");
    }
    CompletableFuture<@Nullable Void> written = new CompletableFuture<>();
    Thread writer = new Thread(() -> write(bootstrapLine, written), "tenon-input-" + process.pid());
    writer.setDaemon(true);
    writer.start();
    try {
      var unused = written.get(TO_READ.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IOException("standard input is closed (expected: a plugin that reads it)", e);
    } catch (TimeoutException e) {
      throw new IOException("the line is unread (expected: within " + TO_READ + ")", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the plugin was to read its line", e);
    }
  }

  private void write(String bootstrapLine, CompletableFuture<@Nullable Void> written) {
    try {
      write(bootstrapLine);
      written.complete(null);
    } catch (IOException e) {
      written.completeExceptionally(e);
    } finally {
      writing.release();
      if (!process.isAlive()) {
        closeInput();
      }
    }
  }

  /*
   * Standard input stays open: its end would tell the plugin that the host is gone, and cut the time
   * short that it has to end in good order. Signals go through the handle: Process.destroy closes the
   * pipes as well, and what the plugin prints while it ends would be lost.
   *
   * In a sandbox our child is bwrap's, whose end would be the plugin's at once; so what is inside is told,
   * and the first process of the namespace does not heed it.
   */
  @Override
  public void terminate() {
    if (isolation == Isolation.SANDBOX) {
      process.descendants().forEach(ProcessHandle::destroy);
      return;
    }
    process.toHandle().destroy();
  }

  @Override
  public void kill() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.toHandle().destroyForcibly();
    closeInput();
  }

  /*
   * Closing waits for a write that is under way, which a child of the plugin can hold up for ever: then it
   * is left to the writer, so that whoever ends the run is not held up too.
   */
  private void closeInput() {
    if (!writing.tryAcquire()) {
      return;
    }
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // The process has closed its end already.
    } finally {
      writing.release();
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
