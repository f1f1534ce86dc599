package dev.tenon.host.probe;

/** Whether a host is to be sent work. */
public enum Readiness {
  /** It has started, with all plugins that it waits for, and nobody has asked it to end. */
  READY,
  /** It starts, or it ends. */
  NOT_READY
}
