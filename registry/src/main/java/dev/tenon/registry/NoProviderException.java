package dev.tenon.registry;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.ServiceName;

/** No provider of the service can take a call now. */
public final class NoProviderException extends RefusedException {
  private static final long serialVersionUID = 1;

  /** Makes the refusal of a call to {@code service}. */
  public NoProviderException(ServiceName service) {
    super(Refusal.UNAVAILABLE, "no eligible provider of " + service);
  }
}
