package dev.tenon.registry;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;

/**
 * The registry cannot be changed now, because the store that it shares with other hosts does not
 * answer. What is registered serves on.
 */
public final class RegistryUnavailableException extends RefusedException {
  private static final long serialVersionUID = 1;

  /** Makes the refusal; {@code why} stays inside the host. */
  public RegistryUnavailableException(String why) {
    super(Refusal.UNAVAILABLE, "registry: " + why);
  }

  /** Returns why; for the audit log, not for the peer. */
  public String auditReason() {
    return "the store of registrations does not answer";
  }
}
