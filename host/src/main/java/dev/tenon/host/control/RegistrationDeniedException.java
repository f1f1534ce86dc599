package dev.tenon.host.control;

import dev.tenon.core.PluginName;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.ServiceName;

/**
 * A plugin may not provide a service. The peer is told its own name and the service that it asked
 * for, in one text for every reason; the reason goes to the audit log.
 */
final class RegistrationDeniedException extends RefusedException {
  private static final long serialVersionUID = 1;

  private final String publicText;
  private final String reason;

  RegistrationDeniedException(PluginName plugin, ServiceName service, String reason) {
    super(Refusal.NOT_ALLOWED, plugin + " may not provide " + service + ": " + reason);
    this.publicText = "plugin " + plugin + " may not provide " + service;
    this.reason = reason;
  }

  /** Returns why, for the audit log. */
  public String auditReason() {
    return reason;
  }

  @Override
  public String publicText() {
    return publicText;
  }
}
