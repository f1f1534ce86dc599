package dev.tenon.router.relay;

import dev.tenon.router.http2.Flusher;
import dev.tenon.transport.Loop;
import java.util.function.LongSupplier;

/** One loop of a relay. */
final class RelayLoop {
  private final Loop loop;
  private final Flusher flusher;
  private final Deadlines deadlines;

  /** Makes what is shared on {@code loop}; deadlines are by {@code nanoTime}. */
  RelayLoop(Loop loop, LongSupplier nanoTime) {
    this.loop = loop;
    this.flusher = new Flusher(loop);
    this.deadlines = new Deadlines(loop, nanoTime);
  }

  Loop loop() {
    return loop;
  }

  /** Runs {@code step} on the loop; at once, if that is where the caller is. */
  void execute(Runnable step) {
    if (loop.isIn()) {
      step.run();
    } else {
      loop.execute(step);
    }
  }

  Flusher flusher() {
    return flusher;
  }

  Deadlines deadlines() {
    return deadlines;
  }
}
