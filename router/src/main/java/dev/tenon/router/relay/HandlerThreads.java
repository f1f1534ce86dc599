package dev.tenon.router.relay;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Where calls are handled.
 *
 * @param calls runs their methods
 * @param timer ends the contexts of those that are late
 */
public record HandlerThreads(Executor calls, ScheduledExecutorService timer) {
  /** Checks for null. */
  public HandlerThreads {
    requireNonNull(calls, "calls");
    requireNonNull(timer, "timer");
  }
}
