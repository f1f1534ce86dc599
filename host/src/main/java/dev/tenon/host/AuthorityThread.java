package dev.tenon.host;

import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The one thread on which a host's authorities change: named, daemon. */
record AuthorityThread(ScheduledThreadPoolExecutor executor) implements AutoCloseable {
  AuthorityThread() {
    this(
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "tenon-authorities");
              thread.setDaemon(true);
              return thread;
            }));
    executor.setRemoveOnCancelPolicy(true);
  }

  @Override
  public void close() throws InterruptedException {
    executor.shutdownNow();
    executor.awaitTermination(5, TimeUnit.SECONDS);
  }
}
