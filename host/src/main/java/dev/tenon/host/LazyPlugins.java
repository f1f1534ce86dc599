package dev.tenon.host;

import dev.tenon.core.PluginName;
import dev.tenon.core.RefusedException;
import dev.tenon.core.ServiceName;
import dev.tenon.core.VersionRange;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.router.OnDemand;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The plugins that start when a service is first called that the policy lets them provide. However
 * many calls come first, one start serves them all. Thread-safe.
 */
final class LazyPlugins implements OnDemand, AutoCloseable {
  /** How long a failed start is not tried again. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());

  private final Plugins plugins;
  private final Planes planes;
  private final Roster roster;
  private final Arrivals arrivals;
  private final List<Lazy> all = new CopyOnWriteArrayList<>();
  private volatile boolean closed;

  LazyPlugins(Plugins plugins, Planes planes, Roster roster, Arrivals arrivals) {
    this.plugins = plugins;
    this.planes = planes;
    this.roster = roster;
    this.arrivals = arrivals;
  }

  void add(PluginDefinition definition) {
    all.add(new Lazy(definition));
  }

  /** Forgets {@code plugin}, which is not started any more. */
  void remove(PluginName plugin) {
    all.removeIf(lazy -> lazy.definition.name().equals(plugin) && lazy.retire());
  }

  /** Starts what may provide {@code service}, and does not wait for it. */
  void wake(ServiceName service) {
    var unused = starts(service);
  }

  private List<CompletableFuture<@Nullable Void>> starts(ServiceName service) {
    return all.stream()
        .filter(lazy -> planes.mayProvide(lazy.definition.name(), service))
        .flatMap(lazy -> lazy.start().stream())
        .toList();
  }

  @Override
  public Optional<CompletableFuture<?>> start(ServiceName service, Duration most) {
    List<CompletableFuture<@Nullable Void>> starts = closed ? List.of() : starts(service);
    if (starts.isEmpty()) {
      return Optional.empty();
    }
    Duration wait = most.compareTo(arrivals.most()) < 0 ? most : arrivals.most();
    CompletableFuture<?> there =
        planes.registry().discoverWithin(service, VersionRange.ANY, wait, planes.threads().timer());
    CompletableFuture<?> ended = CompletableFuture.allOf(starts.toArray(CompletableFuture[]::new));
    CompletableFuture<?> either =
        CompletableFuture.anyOf(there, ended)
            .handleAsync((found, failure) -> found, planes.threads().control());
    var unused =
        either.whenComplete((found, failure) -> there.cancel(/* mayInterruptIfRunning= */ false));
    return Optional.of(either);
  }

  @Override
  public void close() {
    closed = true;
  }

  /** One plugin, and its start if that is under way. */
  private final class Lazy {
    private final PluginDefinition definition;

    /* Guarded by `this`. */
    private List<Slot> slots;
    private CompletableFuture<@Nullable Void> starting = CompletableFuture.completedFuture(null);
    private @Nullable Long failedNanos;
    private boolean retired;

    Lazy(PluginDefinition definition) {
      this.definition = definition;
      slots = freshSlots();
    }

    private List<Slot> freshSlots() {
      return Stream.generate(() -> plugins.keptSlot(definition))
          .limit(definition.instances())
          .toList();
    }

    /** Returns what completes with the end of the start, or empty if none is under way or due. */
    synchronized Optional<CompletableFuture<@Nullable Void>> start() {
      if (!starting.isDone()) {
        return Optional.of(starting.copy());
      }
      if (retired || slots.stream().anyMatch(Slot::isTaken) || hasJustFailed()) {
        return Optional.empty();
      }
      starting = new CompletableFuture<>();
      Thread thread = new Thread(this::launch, "tenon-lazy-" + definition.name());
      thread.setDaemon(true);
      thread.start();
      return Optional.of(starting.copy());
    }

    synchronized boolean retire() {
      retired = true;
      return true;
    }

    private boolean hasJustFailed() {
      return failedNanos != null && System.nanoTime() - failedNanos < PAUSE.toNanos();
    }

    private void launch() {
      List<Plugins.Started> launched = new ArrayList<>();
      boolean isUp = false;
      try {
        launchAll(launched);
        isUp = true;
      } catch (HostStartException | IOException | RefusedException | RuntimeException e) {
        LOG.log(Level.WARNING, "plugin {0}: {1}", definition.name(), e.getMessage());
        launched.forEach(plugins::stop);
      } finally {
        ended(isUp);
      }
    }

    private void launchAll(List<Plugins.Started> launched)
        throws HostStartException, IOException, RefusedException {
      Launcher launcher = new Launcher(planes);
      for (Slot slot : renewed()) {
        var unused =
            launcher.launch(
                slot,
                run -> {
                  roster.add(run);
                  launched.add(run);
                });
      }
      for (Plugins.Started run : launched) {
        plugins.joined(run, arrivals.enrolled(run));
      }
      for (Plugins.Started run : launched) {
        arrivals.healthy(run);
      }
    }

    /** Returns slots that nothing has been in. */
    private synchronized List<Slot> renewed() {
      if (retired) {
        throw new IllegalStateException("removed meanwhile");
      }
      if (slots.stream().anyMatch(slot -> slot.current().isPresent())) {
        plugins.supervisor().forget(slots);
        slots = freshSlots();
      }
      return slots;
    }

    private void ended(boolean isUp) {
      CompletableFuture<@Nullable Void> done;
      synchronized (this) {
        failedNanos = isUp ? null : (Long) System.nanoTime();
        done = starting;
      }
      done.complete(null);
    }
  }
}
