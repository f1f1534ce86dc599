package dev.tenon.host.control;

import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Identity;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Version;
import dev.tenon.registry.Discovery;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.v1.ListResponse;
import dev.tenon.v1.ListedService;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What callers are shown of all services: made once for each caller, and again when a service or
 * the policy changes. Thread-safe.
 */
final class Listings {
  /** More callers than a host has; from then on nothing more is remembered until a change. */
  private static final int MAX_CALLERS = 1_000;

  /*
   * Whoever finds that `latest` is of another moment puts a new one in its place. Two who do so at a
   * time make equal ones, and the loser's is forgotten.
   */
  private final ServiceRegistry registry;
  private final Map<ServiceName, Version> hostServices;
  private volatile Moment latest = new Moment(Policy.DENY_ALL, new TreeMap<>(), new TreeMap<>());

  Listings(ServiceRegistry registry, Map<ServiceName, Version> hostServices) {
    this.registry = registry;
    this.hostServices = hostServices;
  }

  /** What one caller is shown, and the names of what it is not. */
  record Listing(ListResponse shown, List<String> leftOut) {
    Listing {
      leftOut = List.copyOf(leftOut);
    }
  }

  /** All services under one policy, and what callers have been shown of them. */
  private record Moment(
      Policy policy,
      SortedMap<ServiceName, Discovery> of,
      SortedMap<ServiceName, ListedService> all,
      Map<Identity, Listing> byCaller) {
    Moment(
        Policy policy,
        SortedMap<ServiceName, Discovery> of,
        SortedMap<ServiceName, ListedService> all) {
      this(policy, of, all, new ConcurrentHashMap<>());
    }
  }

  /** Returns what {@code caller} may call under {@code now}, and can. */
  Listing of(Identity caller, Policy now) {
    SortedMap<ServiceName, Discovery> there = registry.available();
    Moment moment = latest;
    if (!isSame(moment.of(), there)) {
      moment = new Moment(now, there, listed(there));
      latest = moment;
    } else if (!isSame(moment.policy(), now)) {
      moment = new Moment(now, there, moment.all());
      latest = moment;
    }
    if (now.isNarrowed()) {
      return filtered(moment, caller);
    }
    Listing kept = moment.byCaller().get(caller);
    if (kept == null) {
      kept = filtered(moment, caller);
      if (moment.byCaller().size() < MAX_CALLERS) {
        moment.byCaller().put(caller, kept);
      }
    }
    return kept;
  }

  private static boolean isSame(Object one, Object other) {
    return one == other;
  }

  private static Listing filtered(Moment moment, Identity caller) {
    ListResponse.Builder shown = ListResponse.newBuilder();
    List<String> leftOut = new ArrayList<>();
    moment
        .all()
        .forEach(
            (service, listed) -> {
              if (moment.policy().mayCallAny(caller, service)) {
                shown.addServices(listed);
              } else {
                leftOut.add(service.value());
              }
            });
    return new Listing(shown.build(), leftOut);
  }

  private SortedMap<ServiceName, ListedService> listed(SortedMap<ServiceName, Discovery> there) {
    SortedMap<ServiceName, ListedService> all = new TreeMap<>();
    there.forEach(
        (service, found) ->
            all.put(service, listed(service, found.registration().version(), found.single())));
    hostServices.forEach(
        (service, version) -> all.put(service, listed(service, version, /* single= */ true)));
    return all;
  }

  private static ListedService listed(ServiceName service, Version version, boolean single) {
    return ListedService.newBuilder()
        .setService(service.value())
        .setVersion(version.toString())
        .setSingleProvider(single)
        .build();
  }
}
