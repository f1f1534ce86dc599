package dev.tenon.host;

import dev.tenon.core.ServiceName;
import dev.tenon.core.Version;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a host offers to plugins: all of it, and those parts that need a grant, or are there during
 * the host's own calls alone. Immutable.
 */
record Offered(
    Map<ServiceName, Version> all,
    Map<ServiceName, Version> byGrant,
    Set<ServiceName> duringCalls) {
  static Offered of(List<HostOffer> offers) {
    Map<ServiceName, Version> all = new TreeMap<>();
    Map<ServiceName, Version> byGrant = new TreeMap<>();
    Set<ServiceName> duringCalls = new TreeSet<>();
    for (HostOffer offer : offers) {
      all.put(offer.service(), offer.version());
      switch (offer.access()) {
        case BY_POLICY, NON_BLOCKING -> {}
        case BY_GRANT -> byGrant.put(offer.service(), offer.version());
        case DURING_CALLS -> duringCalls.add(offer.service());
      }
    }
    return new Offered(
        Collections.unmodifiableMap(all),
        Collections.unmodifiableMap(byGrant),
        Collections.unmodifiableSet(duringCalls));
  }
}
