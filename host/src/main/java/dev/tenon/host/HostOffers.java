package dev.tenon.host;

import dev.tenon.core.ServiceName;
import dev.tenon.core.Version;
import io.grpc.BindableService;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The services of a host to be, one of each name. Not thread-safe. */
final class HostOffers {
  private final Map<ServiceName, HostOffer> all = new LinkedHashMap<>();

  /**
   * Adds a service.
   *
   * @throws IllegalArgumentException if a part is malformed, reserved, or offered already
   */
  void add(
      String service,
      String version,
      Optional<BindableService> implementation,
      HostOffer.Access access) {
    HostOffer offer =
        new HostOffer(new ServiceName(service), new Version(version), implementation, access);
    if (all.putIfAbsent(offer.service(), offer) != null) {
      throw new IllegalArgumentException("offers: " + service + " (expected: offered once)");
    }
  }

  List<HostOffer> all() {
    return List.copyOf(all.values());
  }
}
