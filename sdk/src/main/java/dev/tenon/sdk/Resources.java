package dev.tenon.sdk;

import static java.lang.System.Logger.Level.WARNING;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** What a plugin holds, released in the reverse order of how it was taken. Thread-safe. */
final class Resources implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Resources.class.getName());

  private final Deque<AutoCloseable> held = new ArrayDeque<>();

  /** Takes over {@code resource}, and returns it. */
  synchronized <R extends AutoCloseable> R hold(R resource) {
    held.push(resource);
    return resource;
  }

  /** Releases everything; one failure does not keep the rest. */
  @Override
  public void close() {
    for (AutoCloseable resource = next(); resource != null; resource = next()) {
      try {
        resource.close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (Exception e) {
        LOG.log(WARNING, "a resource was not released", e);
      }
    }
  }

  private synchronized @Nullable AutoCloseable next() {
    return held.poll();
  }
}
