package dev.tenon.examples.host;

import java.util.concurrent.CountDownLatch;

/**
 * The request to a process to end (SIGTERM, SIGINT, SIGHUP), as something to wait for. From the
 * request on the process lives until this is closed, and then ends with status 0: it did what it
 * was asked to. Thread-safe.
 */
final class EndRequest implements AutoCloseable {
  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook = new Thread(this::end, "tenon-end");

  private EndRequest() {}

  static EndRequest ofProcess() {
    EndRequest request = new EndRequest();
    Runtime.getRuntime().addShutdownHook(request.hook);
    return request;
  }

  void await() throws InterruptedException {
    asked.await();
  }

  private void end() {
    asked.countDown();
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
