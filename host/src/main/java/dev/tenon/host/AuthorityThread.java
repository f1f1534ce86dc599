package dev.tenon.host;

import java.lang.System.Logger.Level;
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
  public void close() {
    executor.shutdownNow();
    try {
      if (!executor.awaitTermination(5, TimeUnit.SECONDS)) {
        System.getLogger(PluginHost.class.getName())
            .log(Level.WARNING, "the thread of the authorities did not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
