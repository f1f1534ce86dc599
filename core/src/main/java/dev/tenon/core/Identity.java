package dev.tenon.core;

import static java.util.Objects.requireNonNull;

/** Who is calling, and how we know. Made only where the evidence was checked. */
public record Identity(SpiffeId id, Evidence evidence) {
  /** What an identity was read from. */
  public enum Evidence {
    /** The verified certificate of a TLS connection. */
    SVID,
    /**
     * The call was made by code inside the host process, on a channel that the host handed to it.
     */
    IN_PROCESS
  }

  /** Checks for null. */
  public Identity {
    requireNonNull(id, "id");
    requireNonNull(evidence, "evidence");
  }

  /** Returns what policies and counters call the bearer: the plugin's name, or {@code host}. */
  public String name() {
    return id.name();
  }

  /**
   * Returns what the audit log calls the bearer: the runtime id, {@code host}, or {@code
   * admin/<name>}.
   */
  public String actor() {
    return id instanceof SpiffeId.OfPlugin plugin ? plugin.runtimeId().value() : id.name();
  }
}
