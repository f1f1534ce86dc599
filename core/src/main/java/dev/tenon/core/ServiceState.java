package dev.tenon.core;

/** Whether a service that a plugin uses can be called now, by its host's account. */
public enum ServiceState {
  /** A healthy provider takes calls. */
  AVAILABLE,
  /** Providers take calls, and each of them says that it serves less than it should. */
  DEGRADED,
  /** No provider takes calls, or the host cannot be asked, or does not tell. */
  UNAVAILABLE
}
