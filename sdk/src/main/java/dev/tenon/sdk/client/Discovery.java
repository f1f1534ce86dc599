package dev.tenon.sdk.client;

import dev.tenon.core.ServiceWatch;
import java.util.List;
import java.util.Map;

/**
 * Says where services are. {@link #fixed} knows what it was given, an {@link EndpointTable} what it
 * was told last; others may ask a catalogue. Thread-safe.
 */
@FunctionalInterface
public interface Discovery {
  /**
   * Tells {@code watcher} all endpoints of {@code service}, and all of them again after each
   * change, until the watch is closed. Must not block: what takes time is told when it is known.
   *
   * @throws IllegalArgumentException if there is no such service
   */
  ServiceWatch watch(String service, Watcher watcher);

  /** Who is told. Called by one thread at a time; must not block. */
  @FunctionalInterface
  interface Watcher {
    /** Takes all endpoints that there are now; none is what nobody can call. */
    void endpoints(List<ServiceEndpoint> all);

    /** Takes that there will be no change. */
    default void completed() {}
  }

  /**
   * Returns what knows {@code services} and no change.
   *
   * @throws IllegalArgumentException if one has no endpoint, or one twice
   */
  static Discovery fixed(Map<String, List<ServiceEndpoint>> services) {
    return new FixedEndpoints(services);
  }
}
