package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.ServiceName;
import dev.tenon.core.Version;
import io.grpc.BindableService;

/** A service of the host itself. */
record HostOffer(
    ServiceName service, Version version, BindableService implementation, Access access) {
  /** What a plugin needs to call it. */
  enum Access {
    /** The policy's leave. */
    BY_POLICY,
    /** A grant too. */
    BY_GRANT
  }

  HostOffer {
    requireNonNull(version, "version");
    requireNonNull(implementation, "implementation");
    requireNonNull(access, "access");
    if (service.isReserved()) {
      throw new IllegalArgumentException(
          "offers: " + service + " (expected: not a service of gRPC or Tenon)");
    }
    String bound = implementation.bindService().getServiceDescriptor().getName();
    if (!bound.equals(service.value())) {
      throw new IllegalArgumentException(
          "offers: "
              + service
              + " with an implementation of "
              + bound
              + " (expected: the same service)");
    }
  }
}
