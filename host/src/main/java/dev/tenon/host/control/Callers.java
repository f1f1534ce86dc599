package dev.tenon.host.control;

import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.core.Identity;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;

/** Reads the admitted identity of a control call. */
final class Callers {
  private Callers() {}

  /**
   * Returns the runtime id of a plugin.
   *
   * @throws NotAuthenticatedException if the caller is no plugin
   */
  static RuntimeId runtimeId(Identity caller) throws NotAuthenticatedException {
    if (caller.id() instanceof SpiffeId.OfPlugin plugin) {
      return plugin.runtimeId();
    }
    throw new NotAuthenticatedException(NotAuthenticatedException.Why.UNKNOWN);
  }
}
