package dev.tenon.host;

import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * What a host has opened so far, closed in reverse order. A part joins before the next one is
 * opened, so that a failure half way leaves nothing behind. Thread-safe.
 */
final class CloseStack implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(CloseStack.class.getName());

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  /** Puts {@code part} on top, and returns it. */
  synchronized <T extends AutoCloseable> T add(T part) {
    parts.push(part);
    return part;
  }

  private synchronized Optional<AutoCloseable> next() {
    return Optional.ofNullable(parts.poll());
  }

  @Override
  public void close() {
    for (Optional<AutoCloseable> part = next(); part.isPresent(); part = next()) {
      try {
        part.get().close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (Exception e) {
        LOG.log(Level.WARNING, "a part of the host could not be closed", e);
      }
    }
  }
}
