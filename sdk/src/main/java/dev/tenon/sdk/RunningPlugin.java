package dev.tenon.sdk;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.Plugin;
import dev.tenon.transport.Bootstrap;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A plugin that is enrolled, serving and registered. Thread-safe.
 *
 * <p>Unsupported outside Tenon: it is public for Tenon's own testing module, which serves plugins
 * inside the JVM of a test. Plugin authors call {@link Plugin#serve()}.
 */
public final class RunningPlugin implements AutoCloseable {
  private final DrainGate gate;
  private final Timer timer;
  private final Resources resources;
  private final CountDownLatch ended;
  private final PluginStart.Identities identities;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();

  RunningPlugin(
      DrainGate gate,
      Timer timer,
      Resources resources,
      CountDownLatch ended,
      PluginStart.Identities identities) {
    this.identities = identities;
    this.gate = gate;
    this.timer = timer;
    this.resources = resources;
    this.ended = ended;
  }

  /**
   * Enrols {@code plugin} with what {@code bootstrap} says, waits for what it requires, serves it
   * and registers it. Touches neither stdin nor the end of the process.
   *
   * @throws PluginStartException if a step fails; all earlier ones are undone
   * @throws InterruptedException if the calling thread is interrupted meanwhile
   */
  public static RunningPlugin start(Plugin plugin, Bootstrap bootstrap)
      throws PluginStartException, InterruptedException {
    return start(plugin, bootstrap, Settings.DEFAULT);
  }

  /**
   * Starts {@code plugin} as {@link #start(Plugin, Bootstrap)} does; tokens and certificates expire
   * by {@code clock}.
   *
   * @throws PluginStartException if a step fails; all earlier ones are undone
   * @throws InterruptedException if the calling thread is interrupted meanwhile
   */
  public static RunningPlugin start(Plugin plugin, Bootstrap bootstrap, InstantSource clock)
      throws PluginStartException, InterruptedException {
    return start(plugin, bootstrap, Settings.DEFAULT.with(requireNonNull(clock, "clock")));
  }

  static RunningPlugin start(Plugin plugin, Bootstrap bootstrap, Settings settings)
      throws PluginStartException, InterruptedException {
    requireNonNull(plugin, "plugin");
    requireNonNull(bootstrap, "bootstrap");
    return new PluginStart(plugin, bootstrap, settings).run();
  }

  /**
   * Returns when the plugin has ended: the host asked for it and the calls in flight are done or
   * out of time, or it was closed.
   *
   * @throws InterruptedException if the calling thread is interrupted meanwhile
   */
  public void awaitEnd() throws InterruptedException {
    ended.await();
  }

  /**
   * Enrols the plugin again with {@code line}, a further start document for the same run, and makes
   * its connections to the host anew; its server goes on. Returns at once. Lines are used one at a
   * time, of those that wait the latest; one that is not for this run is ignored.
   */
  public void enrolAgain(byte[] line) {
    identities.care().enrolAgain(requireNonNull(line, "line"));
  }

  /**
   * Looks into {@code file} for a further start document when a renewal was missed and while the
   * host is away; {@code givenUp} runs when it was away for too long.
   */
  void enrolAgainFrom(BootstrapSource.PrivateFile file, Runnable givenUp) {
    identities.care().enrolAgainFrom(file);
    identities.hostReturn().follow(file, givenUp);
  }

  /** Ends the plugin and releases all that it holds. Calls in flight are cut off. */
  @Override
  public void close() {
    if (closing.compareAndSet(false, true)) {
      var unused = gate.drain();
      ended.countDown();
      resources.close();
      closed.complete(null);
    }
    closed.join();
  }

  /** Lets no new call in, and ends when none is left or {@code grace} is over. Returns at once. */
  void stop(Duration grace) {
    stop(gate, timer, ended, grace);
  }

  static void stop(DrainGate gate, Timer timer, CountDownLatch ended, Duration grace) {
    timer.after(grace, ended::countDown);
    var unused = gate.drain().thenRun(ended::countDown);
  }

  /** Ends the plugin as {@link #stop} does, waits for that, and closes it. */
  void stopAndClose(Duration grace) {
    stop(grace);
    try {
      awaitEnd();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    close();
  }
}
