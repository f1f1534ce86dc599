package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.ServiceName;
import dev.tenon.core.Version;
import dev.tenon.router.HostServices;
import io.grpc.BindableService;
import java.util.List;
import java.util.Optional;

/** A service of the host itself. */
record HostOffer(
    ServiceName service, Version version, Optional<BindableService> implementation, Access access) {
  /** What a plugin needs to call it. */
  enum Access {
    /** The policy's leave. */
    BY_POLICY,
    /** The policy's leave; and callers inside the host get it on their own thread. */
    NON_BLOCKING,
    /** A grant too. */
    BY_GRANT,
    /** A grant that the host gave it with the call that it is serving. */
    DURING_CALLS
  }

  HostOffer {
    requireNonNull(version, "version");
    requireNonNull(implementation, "implementation");
    requireNonNull(access, "access");
    if (service.isReserved()) {
      throw new IllegalArgumentException(
          "offers: " + service + " (expected: not a service of gRPC or Tenon)");
    }
    if (implementation.isPresent() == (access == Access.DURING_CALLS)) {
      throw new IllegalArgumentException(
          "offers: " + service + " (expected: calls bring the implementation, or the offer does)");
    }
    implementation.ifPresent(bindable -> check(service, bindable));
  }

  private static void check(ServiceName service, BindableService implementation) {
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

  /** Starts {@code offers}, behind the router. */
  static HostServices start(List<HostOffer> offers) {
    HostServices.Builder services = HostServices.builder();
    for (HostOffer offer : offers) {
      switch (offer.access()) {
        case BY_POLICY -> services.offer(offer.implementation().orElseThrow(), offer.version());
        case NON_BLOCKING ->
            services.offerNonBlocking(offer.implementation().orElseThrow(), offer.version());
        case BY_GRANT ->
            services.offerByGrant(offer.implementation().orElseThrow(), offer.version());
        case DURING_CALLS -> services.offerDuringCalls(offer.service(), offer.version());
      }
    }
    return services.start();
  }
}
