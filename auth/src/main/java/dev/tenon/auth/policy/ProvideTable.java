package dev.tenon.auth.policy;

import dev.tenon.core.PluginName;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.SpiffeId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The {@code [[provide]]} entries of a policy: exact names, or every service. Immutable and
 * thread-safe.
 *
 * <p>How a service is shared is a property of the service: an entry that names it decides, for
 * plugins with a right to every service too. Reserved services are nobody's.
 */
final class ProvideTable {
  private final Map<PluginName, Set<ServiceName>> named;
  private final Set<PluginName> everything;
  private final Map<ServiceName, Sharing> sharing;
  private final Optional<Sharing> sharingOfEverything;
  private final Set<Withdrawn> withdrawn;

  /** What plugins behind other hosts may provide here, by the host's name. */
  private final Map<String, Named> ofOthers;

  /** Some plugins' services by name, and plugins that may provide everything. */
  private record Named(Map<PluginName, Set<ServiceName>> named, Set<PluginName> everything) {
    Named() {
      this(new HashMap<>(), new HashSet<>());
    }

    boolean has(PluginName plugin, ServiceName service) {
      return everything.contains(plugin) || named.getOrDefault(plugin, Set.of()).contains(service);
    }
  }

  /** A right that an operator took back from what the entries give. */
  private record Withdrawn(PluginName plugin, ServiceName service) {}

  private ProvideTable(Builder builder) {
    named = copy(builder.named);
    everything = Set.copyOf(builder.everything);
    sharing = Map.copyOf(builder.sharing);
    sharingOfEverything = builder.sharingOfEverything;
    withdrawn = Set.of();
    Map<String, Named> others = new HashMap<>();
    builder.ofOthers.forEach(
        (host, theirs) ->
            others.put(host, new Named(copy(theirs.named), Set.copyOf(theirs.everything))));
    ofOthers = Map.copyOf(others);
  }

  private static Map<PluginName, Set<ServiceName>> copy(Map<PluginName, Set<ServiceName>> named) {
    Map<PluginName, Set<ServiceName>> copy = new HashMap<>();
    named.forEach((plugin, services) -> copy.put(plugin, Set.copyOf(services)));
    return Map.copyOf(copy);
  }

  private ProvideTable(ProvideTable other, Set<Withdrawn> withdrawn) {
    named = other.named;
    everything = other.everything;
    sharing = other.sharing;
    sharingOfEverything = other.sharingOfEverything;
    this.withdrawn = Set.copyOf(withdrawn);
    ofOthers = other.ofOthers;
  }

  /** Returns this table without the right of {@code plugin} to provide {@code service}. */
  ProvideTable without(PluginName plugin, ServiceName service) {
    Set<Withdrawn> all = new HashSet<>(withdrawn);
    all.add(new Withdrawn(plugin, service));
    return new ProvideTable(this, all);
  }

  /** Returns the right of {@code plugin} to provide {@code service}, or empty if it has none. */
  Optional<ProvideRight> right(PluginName plugin, ServiceName service) {
    boolean allowed =
        (everything.contains(plugin) || named.getOrDefault(plugin, Set.of()).contains(service))
            && !withdrawn.contains(new Withdrawn(plugin, service));
    return allowed ? sharing(service).map(ProvideRight::new) : Optional.empty();
  }

  /** Returns the right of {@code plugin} behind {@code host} to provide {@code service} here. */
  Optional<ProvideRight> right(SpiffeId.OfHost host, PluginName plugin, ServiceName service) {
    Named theirs = ofOthers.get(host.host());
    return theirs != null && theirs.has(plugin, service)
        ? sharing(service).map(ProvideRight::new)
        : Optional.empty();
  }

  /** Returns whether some plugin behind {@code host} may provide {@code service} here. */
  boolean isProvidable(SpiffeId.OfHost host, ServiceName service) {
    Named theirs = ofOthers.get(host.host());
    return theirs != null
        && (!theirs.everything().isEmpty()
            || theirs.named().values().stream().anyMatch(named -> named.contains(service)))
        && isProvidable(service);
  }

  /** Returns the plugins that have a right. */
  Set<PluginName> plugins() {
    Set<PluginName> plugins = new HashSet<>(everything);
    plugins.addAll(named.keySet());
    return plugins;
  }

  /** Returns whether {@code plugin} may provide every service. */
  boolean everything(PluginName plugin) {
    return everything.contains(plugin);
  }

  /** Returns the services that {@code plugin} may provide by name. */
  Set<ServiceName> services(PluginName plugin) {
    return named.getOrDefault(plugin, Set.of());
  }

  /** Returns whether some entry gives some plugin the right to provide {@code service}. */
  boolean isProvidable(ServiceName service) {
    return sharing(service).isPresent();
  }

  private Optional<Sharing> sharing(ServiceName service) {
    if (service.isReserved()) {
      return Optional.empty();
    }
    Sharing ofService = sharing.get(service);
    return ofService == null ? sharingOfEverything : Optional.of(ofService);
  }

  /** Collects entries. Not thread-safe. */
  static final class Builder {
    private final Map<PluginName, Set<ServiceName>> named = new HashMap<>();
    private final Set<PluginName> everything = new HashSet<>();
    private final Map<ServiceName, Sharing> sharing = new HashMap<>();
    private Optional<Sharing> sharingOfEverything = Optional.empty();
    private final Map<String, Named> ofOthers = new HashMap<>();

    /** As {@link #allow(PluginName, ServiceName, Sharing)}, of a plugin behind {@code host}. */
    boolean allow(String host, PluginName plugin, ServiceName service, Sharing asked) {
      behind(host).named().computeIfAbsent(plugin, name -> new HashSet<>()).add(service);
      return isShared(service, asked);
    }

    /** As {@link #allowEverything(PluginName, Sharing)}, of a plugin behind {@code host}. */
    boolean allowEverything(String host, PluginName plugin, Sharing asked) {
      behind(host).everything().add(plugin);
      return isEverythingShared(asked);
    }

    private Named behind(String host) {
      return ofOthers.computeIfAbsent(host, name -> new Named());
    }

    /** Returns whether {@code asked} is also what earlier entries say about {@code service}. */
    boolean allow(PluginName plugin, ServiceName service, Sharing asked) {
      named.computeIfAbsent(plugin, name -> new HashSet<>()).add(service);
      return isShared(service, asked);
    }

    private boolean isShared(ServiceName service, Sharing asked) {
      Sharing earlier = sharing.putIfAbsent(service, asked);
      return earlier == null || earlier == asked;
    }

    /** Returns whether {@code asked} is also what earlier entries say about every service. */
    boolean allowEverything(PluginName plugin, Sharing asked) {
      everything.add(plugin);
      return isEverythingShared(asked);
    }

    private boolean isEverythingShared(Sharing asked) {
      Sharing earlier = sharingOfEverything.orElse(asked);
      sharingOfEverything = Optional.of(earlier);
      return earlier == asked;
    }

    ProvideTable build() {
      return new ProvideTable(this);
    }
  }
}
