package dev.tenon.sdk.client;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.ServiceWatch;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Endpoints that never change. Immutable and thread-safe. */
final class FixedEndpoints implements Discovery {
  private final Map<String, List<ServiceEndpoint>> services;

  FixedEndpoints(Map<String, List<ServiceEndpoint>> services) {
    Map<String, List<ServiceEndpoint>> copy = new TreeMap<>();
    services.forEach(
        (service, endpoints) -> {
          if (endpoints.isEmpty()) {
            throw new IllegalArgumentException(
                "endpoints of " + service + ": none (expected: at least one)");
          }
          copy.put(service, distinct(service, endpoints));
        });
    this.services = Map.copyOf(copy);
  }

  /** Returns a copy of {@code endpoints}, each of which is there once. */
  static List<ServiceEndpoint> distinct(String service, List<ServiceEndpoint> endpoints) {
    Set<String> addresses = new HashSet<>();
    for (ServiceEndpoint endpoint : endpoints) {
      if (!addresses.add(endpoint.address())) {
        throw new IllegalArgumentException(
            "endpoints of " + service + ": " + endpoint.address() + " twice (expected: once)");
      }
    }
    return List.copyOf(endpoints);
  }

  /** Returns what is known of {@code service} among {@code services}. */
  static List<ServiceEndpoint> known(Map<String, List<ServiceEndpoint>> services, String service) {
    List<ServiceEndpoint> endpoints = services.get(requireNonNull(service, "service"));
    if (endpoints == null) {
      throw new IllegalArgumentException(
          "service: " + service + " (expected: one of " + new TreeSet<>(services.keySet()) + ")");
    }
    return endpoints;
  }

  @Override
  public ServiceWatch watch(String service, Watcher watcher) {
    watcher.endpoints(known(services, service));
    watcher.completed();
    return () -> {};
  }
}
