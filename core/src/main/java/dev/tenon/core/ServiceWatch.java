package dev.tenon.core;

/** A plugin's look at one service that it uses, until it is closed. Thread-safe. */
public interface ServiceWatch extends AutoCloseable {
  /** Ends the watch; what is being told may still come to its end. Idempotent. */
  @Override
  void close();
}
