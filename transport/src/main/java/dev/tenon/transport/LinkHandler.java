package dev.tenon.transport;

/** Who takes the links that a {@link Listening} accepts. Thread-safe. */
@FunctionalInterface
public interface LinkHandler {
  /**
   * Returns who reads {@code link}, whose TLS is done. Called on its loop; bytes may be put into it
   * and flushed at once.
   */
  Link.Receiver accepted(Link link);
}
