package dev.tenon.host;

/** A listener's place at a host, until it is closed. */
public interface Listening extends AutoCloseable {
  /** Ends the listening; an event that is being told may still come to its end. Idempotent. */
  @Override
  void close();
}
