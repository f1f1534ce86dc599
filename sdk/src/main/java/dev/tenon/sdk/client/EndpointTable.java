package dev.tenon.sdk.client;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.ServiceWatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints that the application keeps: by hand, or from a catalogue that it follows. Clients hear
 * of each change. Thread-safe.
 */
public final class EndpointTable implements Discovery {
  /*
   * Writers take `this`, build the next map and publish it by a volatile write; watches are told
   * after it was released, and read the latest map themselves.
   */
  private volatile Map<String, List<ServiceEndpoint>> services = Map.of();
  private final Set<Told> watches = ConcurrentHashMap.newKeySet();

  /** Makes a table that knows no service. */
  public EndpointTable() {}

  /**
   * Adds {@code endpoint} to those of {@code service}, which is known from then on.
   *
   * @throws IllegalArgumentException if its address is there already
   */
  public EndpointTable add(String service, ServiceEndpoint endpoint) {
    synchronized (this) {
      List<ServiceEndpoint> all = new ArrayList<>(services.getOrDefault(service, List.of()));
      all.add(requireNonNull(endpoint, "endpoint"));
      put(service, all);
    }
    tell(service);
    return this;
  }

  /**
   * Takes the endpoint at {@code address} out; returns whether it was there. The service stays
   * known, also without any.
   *
   * @throws IllegalArgumentException if {@code service} is not known
   */
  public boolean remove(String service, String address) {
    requireNonNull(address, "address");
    boolean isThere;
    synchronized (this) {
      List<ServiceEndpoint> all = new ArrayList<>(FixedEndpoints.known(services, service));
      isThere = all.removeIf(endpoint -> endpoint.address().equals(address));
      put(service, all);
    }
    if (isThere) {
      tell(service);
    }
    return isThere;
  }

  /**
   * Puts {@code all} in the place of the endpoints of {@code service}, which is known from then on.
   *
   * @throws IllegalArgumentException if an address is there twice
   */
  public EndpointTable replace(String service, List<ServiceEndpoint> all) {
    synchronized (this) {
      put(service, all);
    }
    tell(service);
    return this;
  }

  private void put(String service, List<ServiceEndpoint> all) {
    Map<String, List<ServiceEndpoint>> next = new HashMap<>(services);
    next.put(requireNonNull(service, "service"), FixedEndpoints.distinct(service, all));
    services = Map.copyOf(next);
  }

  /**
   * Returns the endpoints of {@code service}, in the order in which they were added.
   *
   * @throws IllegalArgumentException if it is not known
   * @throws IllegalStateException if it has none
   */
  public List<ServiceEndpoint> endpoints(String service) {
    List<ServiceEndpoint> all = FixedEndpoints.known(services, service);
    if (all.isEmpty()) {
      throw new IllegalStateException(
          "endpoints of " + service + ": none (expected: at least one)");
    }
    return all;
  }

  @Override
  public ServiceWatch watch(String service, Watcher watcher) {
    var unused = FixedEndpoints.known(services, service);
    Told told = new Told(service, requireNonNull(watcher, "watcher"));
    watches.add(told); // before it looks: what comes meanwhile is told as well
    told.look();
    return () -> watches.remove(told);
  }

  private void tell(String service) {
    watches.forEach(
        told -> {
          if (told.service.equals(service)) {
            told.look();
          }
        });
  }

  /** One watch. */
  private final class Told {
    private final String service;
    private final Watcher watcher;

    /** How many looks are due: who makes it one looks, for the others too. */
    private final AtomicInteger due = new AtomicInteger();

    /** Read and written by whoever looks. */
    private @Nullable List<ServiceEndpoint> last;

    Told(String service, Watcher watcher) {
      this.service = service;
      this.watcher = watcher;
    }

    void look() {
      int looks = due.getAndIncrement() == 0 ? 1 : 0;
      while (looks > 0) {
        List<ServiceEndpoint> now = FixedEndpoints.known(services, service);
        if (now != last) {
          last = now;
          watcher.endpoints(now);
        }
        looks = due.addAndGet(-looks);
      }
    }
  }
}
