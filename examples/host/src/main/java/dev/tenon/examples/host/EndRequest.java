package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * The request to a process to end (SIGTERM, SIGINT, SIGHUP), as something to wait for. From the
 * request on the process lives until this is closed, and then ends with status 0: it did what it
 * was asked to. A host that is starting at that moment is not waited for. Thread-safe.
 */
final class EndRequest implements AutoCloseable {
  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook = new Thread(this::end, "tenon-end");

  private @Nullable Thread starting; // under `this`

  private EndRequest() {}

  static EndRequest ofProcess() {
    EndRequest request = new EndRequest();
    Runtime.getRuntime().addShutdownHook(request.hook);
    return request;
  }

  /** What makes a host, or fails to. */
  @FunctionalInterface
  interface Start {
    PluginHost host() throws ConfigException, HostStartException;
  }

  /**
   * Returns the host that {@code start} makes on this thread, which the request interrupts: what
   * was launched so far is ended then.
   *
   * @throws InterruptedException if the process was asked to end before there was a host
   * @throws HostStartException if the host fails to start for another reason
   */
  PluginHost started(Start start) throws ConfigException, HostStartException, InterruptedException {
    become(Thread.currentThread());
    try {
      return start.host();
    } catch (HostStartException e) {
      if (asked.getCount() == 0) {
        throw new InterruptedException("asked to end while it started");
      }
      throw e;
    } finally {
      become(null);
    }
  }

  private synchronized void become(@Nullable Thread starts) {
    starting = starts;
    if (starts != null && asked.getCount() == 0) {
      starts.interrupt();
    }
  }

  private synchronized void interruptStart() {
    if (starting != null) {
      starting.interrupt();
    }
  }

  void await() throws InterruptedException {
    asked.await();
  }

  private void end() {
    asked.countDown();
    interruptStart();
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    Runtime.getRuntime().halt(Main.DONE); // without it the status tells the signal: 143
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending: that is what was asked for.
    }
  }
}
