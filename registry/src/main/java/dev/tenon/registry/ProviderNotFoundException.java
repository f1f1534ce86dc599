package dev.tenon.registry;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;

/** The asked provider does not provide the service, whether or not it exists. */
public final class ProviderNotFoundException extends RefusedException {
  private static final long serialVersionUID = 1;

  ProviderNotFoundException(ServiceName service, RuntimeId provider) {
    super(Refusal.NOT_FOUND, provider + " is not a provider of " + service);
  }
}
