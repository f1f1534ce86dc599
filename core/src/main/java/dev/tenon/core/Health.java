package dev.tenon.core;

/** How well a plugin can serve, by its own account. */
public enum Health {
  /** Serving. */
  HEALTHY,
  /** Serving, with something missing; still gets calls. */
  DEGRADED,
  /** Not serving; gets no calls. */
  UNHEALTHY;

  /** Returns whether calls may be sent. */
  public boolean isEligible() {
    return this != UNHEALTHY;
  }
}
