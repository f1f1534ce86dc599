package dev.tenon.transport;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.Future;

/** A loop of Netty's. Thread-safe. */
final class NettyLoop implements Loop {
  private final EventLoop events;

  NettyLoop(EventLoop events) {
    this.events = events;
  }

  EventLoop events() {
    return events;
  }

  @Override
  public boolean isIn() {
    return events.inEventLoop();
  }

  @Override
  public void execute(Runnable task) {
    events.execute(task);
  }

  @Override
  public Timer schedule(Runnable task, Duration delay) {
    Future<?> scheduled = events.schedule(task, delay.toNanos(), NANOSECONDS);
    return () -> scheduled.cancel(/* mayInterruptIfRunning= */ false);
  }
}
