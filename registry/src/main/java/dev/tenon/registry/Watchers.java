package dev.tenon.registry;

import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.VersionRange;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All open watches, by service and by the run that watches. Thread-safe, by a lock that is held for
 * a look into two maps and never while code of others runs.
 */
final class Watchers {
  /*
   * A writer publishes its snapshot first and asks for the watches of what it changed then; a watch is
   * entered first and reads the snapshot then. So either the writer finds the watch, or the watch sees
   * what the writer wrote. Taking `lock` inside the registry's lock is allowed, the other way is not.
   */
  private final Object lock = new Object();
  private final Map<ServiceName, Set<Open>> byService = new HashMap<>();
  private final Map<RuntimeId, Set<Open>> byRun = new HashMap<>();
  private final RegistryLimits limits;
  private final Supplier<Snapshot> current;

  Watchers(RegistryLimits limits, Supplier<Snapshot> current) {
    this.limits = limits;
    this.current = current;
  }

  /** What is watched; its absence is a watch that never sees anything. */
  record Target(ServiceName service, VersionRange versions) {}

  Watch open(RuntimeId run, Optional<Target> target, Runnable changed)
      throws LimitReachedException {
    Open watch = new Open(run, target, changed);
    synchronized (lock) {
      check("watches of one run", size(byRun.get(run)), limits.watchesPerRun());
      if (target.isPresent()) {
        ServiceName service = target.get().service();
        check("watches of one service", size(byService.get(service)), limits.watchesPerService());
        byService.computeIfAbsent(service, key -> new LinkedHashSet<>()).add(watch);
      }
      byRun.computeIfAbsent(run, key -> new LinkedHashSet<>()).add(watch);
    }
    return watch;
  }

  private static int size(@Nullable Set<Open> watches) {
    return watches == null ? 0 : watches.size();
  }

  private static void check(String what, int present, int limit) throws LimitReachedException {
    if (present >= limit) {
      throw new LimitReachedException(what, limit);
    }
  }

  /** Tells those who watch one of {@code services}. To be called without any lock. */
  void tell(Collection<ServiceName> services) {
    List<Open> concerned = new ArrayList<>();
    synchronized (lock) {
      services.forEach(service -> concerned.addAll(byService.getOrDefault(service, Set.of())));
    }
    concerned.forEach(watch -> watch.changed.run());
  }

  /** Returns how many watches are open. */
  int open() {
    synchronized (lock) {
      return byRun.values().stream().mapToInt(Set::size).sum();
    }
  }

  private void remove(Open watch) {
    synchronized (lock) {
      watch.open = false;
      leave(byRun, watch.run, watch);
      watch.target.ifPresent(target -> leave(byService, target.service(), watch));
    }
  }

  private static <K> void leave(Map<K, Set<Open>> watches, K key, Open watch) {
    watches.computeIfPresent(
        key,
        (same, others) -> {
          others.remove(watch);
          return others.isEmpty() ? null : others;
        });
  }

  /** One open watch; compared by identity. */
  private final class Open implements Watch {
    private final RuntimeId run;
    private final Optional<Target> target;
    private final Runnable changed;
    private volatile boolean open = true;
    private @Nullable Availability last;

    Open(RuntimeId run, Optional<Target> target, Runnable changed) {
      this.run = run;
      this.target = target;
      this.changed = changed;
    }

    @Override
    public synchronized Optional<Availability> next() {
      if (!open) {
        return Optional.empty();
      }
      Availability now =
          target
              .map(asked -> current.get().availability(asked.service(), asked.versions()))
              .orElse(Availability.NONE);
      if (now.equals(last)) {
        return Optional.empty();
      }
      last = now;
      return Optional.of(now);
    }

    @Override
    public void close() {
      remove(this);
    }
  }
}
