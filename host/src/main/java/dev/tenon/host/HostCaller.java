package dev.tenon.host;

import dev.tenon.core.SpiffeId;
import dev.tenon.router.RelayedCaller;
import java.util.Optional;

/** Who is calling a service that the host offers. */
public final class HostCaller {
  private HostCaller() {}

  /**
   * Returns the verified identity of the caller, inside a method of a service that the host
   * {@linkplain PluginHost.Builder#offers(String, io.grpc.BindableService) offers}; empty
   * elsewhere. It follows gRPC's context, not the thread.
   */
  public static Optional<SpiffeId> current() {
    return RelayedCaller.current();
  }
}
