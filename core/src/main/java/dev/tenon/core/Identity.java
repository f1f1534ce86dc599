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
    IN_PROCESS,
    /**
     * The word of another host, whose verified certificate a TLS connection has: one of its own
     * plugins calls, or it does itself.
     */
    OTHER_HOST
  }

  /** Checks for null. */
  public Identity {
    requireNonNull(id, "id");
    requireNonNull(evidence, "evidence");
  }

  /**
   * Returns what policies and counters call the bearer: the plugin's name, or {@code host}; with
   * {@code @<host>} after it where it is behind another host.
   */
  public String name() {
    return isBehindOtherHost() ? id.nameBehind() : id.name();
  }

  /** Returns whether the bearer is behind another host, or is one. */
  public boolean isBehindOtherHost() {
    return evidence == Evidence.OTHER_HOST;
  }

  /**
   * Returns on whose account the bearer's calls are: its own, as {@link #actor}; or its host's, if
   * that is another one, which may say whatever runs it has.
   */
  public String account() {
    return isBehindOtherHost() ? "@" + id.ofHost().host() : actor();
  }

  /**
   * Returns what the audit log calls the bearer: the runtime id, {@code host}, or {@code
   * admin/<name>}; with {@code @<host>} after it where it is behind another host.
   */
  public String actor() {
    String own = id instanceof SpiffeId.OfPlugin plugin ? plugin.runtimeId().value() : id.name();
    return isBehindOtherHost() ? own + "@" + id.ofHost().host() : own;
  }
}
