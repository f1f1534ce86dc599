package dev.tenon.sdk.client;

import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;

/**
 * To which of its endpoints a client connects. But for {@link #ROUND_ROBIN} it has one connection,
 * for all of its calls; the next endpoint is tried when one cannot be reached, and chosen anew when
 * the connection has ended or its endpoint is no longer there. Clients know nothing of each other,
 * so chance spreads them.
 */
public enum EndpointSelection {
  /** The first that can be reached, in their order. */
  FIRST,
  /** A connection to each, and calls to them in turn. */
  ROUND_ROBIN,
  /** Any, each with the same chance. */
  RANDOM,
  /**
   * Any, each with a chance by its weight: with 70, 20 and 10, of many connections that many in a
   * hundred. One with 0 is for when none of the others can be reached.
   */
  WEIGHTED;

  /** Returns gRPC's load balancing policy that does the rest. */
  String policy() {
    return this == ROUND_ROBIN ? "round_robin" : "pick_first";
  }

  /** Returns {@code all} in the order in which a connection tries them. */
  List<ServiceEndpoint> order(List<ServiceEndpoint> all, RandomGenerator random) {
    return switch (this) {
      case FIRST, ROUND_ROBIN -> all;
      case RANDOM -> drawn(all, endpoint -> random.nextDouble());
      // Each is drawn with its share of what is left (Efraimidis and Spirakis, 2006).
      case WEIGHTED ->
          drawn(all, endpoint -> -Math.log(1 - random.nextDouble()) / endpoint.weight());
    };
  }

  private static List<ServiceEndpoint> drawn(
      List<ServiceEndpoint> all, ToDoubleFunction<ServiceEndpoint> lot) {
    record Drawn(ServiceEndpoint endpoint, double lot) {}
    return all.stream()
        .map(endpoint -> new Drawn(endpoint, lot.applyAsDouble(endpoint)))
        .sorted(Comparator.comparingDouble(Drawn::lot))
        .map(Drawn::endpoint)
        .toList();
  }
}
