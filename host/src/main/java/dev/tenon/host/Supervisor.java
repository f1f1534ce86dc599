package dev.tenon.host;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.host.control.Enrolled;
import dev.tenon.host.control.PluginRun;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.launch.RestartMode;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * The slots of a host's plugins, and what starts the next run in one whose run has ended.
 * Thread-safe.
 *
 * <p>Whoever notices the end of a run only sets a timer; few threads launch what is due, and wait
 * for none of it. So a plugin that ends again and again delays others by its launches alone.
 */
final class Supervisor implements Slot.Outside, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());

  private final Planes planes;
  private final HostSettings settings;
  private final Roster roster;
  private final Launcher launcher;
  private final BiConsumer<Plugins.Started, Enrolled> enrolled;
  private final List<Slot> slots = new CopyOnWriteArrayList<>();
  private volatile boolean closed;

  /** Makes a host without plugins; {@code enrolled} is told what each run declares that follows. */
  Supervisor(
      Planes planes,
      HostSettings settings,
      Roster roster,
      BiConsumer<Plugins.Started, Enrolled> enrolled) {
    this.planes = planes;
    this.settings = settings;
    this.roster = roster;
    this.enrolled = enrolled;
    launcher = new Launcher(planes);
  }

  /** Makes a slot for one instance of {@code definition}. */
  Slot slot(PluginDefinition definition) {
    RestartPolicy policy =
        definition.restart() == RestartMode.NEVER ? RestartPolicy.NEVER : settings.restart();
    Slot slot = new Slot(definition, policy, settings.sources().random(), this);
    slots.add(slot);
    return slot;
  }

  /** Takes slots out; what was in them has ended. */
  void forget(List<Slot> some) {
    some.forEach(
        slot -> {
          slot.release();
          slot.current()
              .ifPresent(
                  run -> {
                    roster.remove(run);
                    planes.runs().forget(run.run());
                  });
        });
    slots.removeAll(some);
  }

  /** Returns the slots of {@code plugin}; none if it is unknown. */
  List<Slot> of(PluginName plugin) {
    return slots.stream().filter(slot -> slot.definition().name().equals(plugin)).toList();
  }

  @Override
  public long nanos() {
    return System.nanoTime();
  }

  @Override
  public void changed(Slot.Change change) {
    planes
        .events()
        .tell(
            new PluginEvent(
                planes.clock().instant(),
                change.definition().name(),
                change.run(),
                change.before(),
                change.now(),
                /* missed= */ 0));
  }

  @Override
  public void restart(Slot slot, Duration pause) {
    PluginState.Restarting next = (PluginState.Restarting) slot.state();
    LOG.log(
        Level.WARNING,
        "plugin {0} {1}; start {2} again in {3} ms",
        slot.definition().name(),
        next.why(),
        next.attempt(),
        pause.toMillis());
    after(pause, () -> launch(slot));
  }

  private void after(Duration pause, Runnable task) {
    try {
      var unused =
          planes
              .threads()
              .timer()
              .schedule(() -> execute(task), pause.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      // The host is closing.
    }
  }

  private void execute(Runnable task) {
    try {
      planes.threads().supervision().execute(task);
    } catch (RejectedExecutionException e) {
      // The host is closing.
    }
  }

  private void launch(Slot slot) {
    if (closed || !slot.isDue()) {
      return;
    }
    Optional<Plugins.Started> last = slot.current();
    try {
      record(slot, last);
      Plugins.Started started =
          launcher.launch(
              slot,
              next -> {
                if (last.isPresent()) {
                  roster.replace(last.get(), next);
                  planes.runs().forget(last.get().run());
                } else {
                  roster.add(next);
                }
              });
      watch(started);
    } catch (HostStartException | IOException | RefusedException | RuntimeException e) {
      LOG.log(Level.WARNING, "plugin {0}: {1}", slot.definition().name(), e.getMessage());
      slot.notLaunched(last, "could not be started");
    }
  }

  /** A start that cannot be recorded is not made. */
  private void record(Slot slot, Optional<Plugins.Started> last) throws AuditFailedException {
    if (slot.state() instanceof PluginState.Restarting restarting) {
      planes
          .audit()
          .success(
              "lifecycle",
              PluginName.HOST,
              "restart",
              last.map(run -> run.run().id().runtimeId().value())
                  .orElse(slot.definition().name().value()),
              Map.of("attempt", String.valueOf(restarting.attempt()), "reason", restarting.why()));
    }
  }

  /** Gives {@code run} up if it does not get on in time. */
  private void watch(Plugins.Started started) {
    PluginRun run = started.run();
    Duration toEnrol = settings.limits().toEnrol();
    Duration toHealthy = settings.limits().toHealthy();
    var unused =
        run.enrolled()
            .thenAcceptAsync(
                declared -> enrolled.accept(started, declared), planes.threads().supervision());
    after(
        toEnrol,
        () -> {
          if (!run.enrolled().isDone()) {
            giveUp(run, "did not enrol within " + toEnrol);
          }
        });
    after(
        toEnrol.plus(toHealthy),
        () -> {
          if (!run.healthy().isDone()) {
            giveUp(run, "did not become healthy within " + toEnrol.plus(toHealthy));
          }
        });
  }

  private void giveUp(PluginRun run, String why) {
    RuntimeId runtimeId = run.id().runtimeId();
    LOG.log(Level.WARNING, "plugin {0} is killed: it {1}", runtimeId, why);
    planes.runs().giveUp(run, why);
  }

  /** Starts nothing any more. */
  @Override
  public void close() {
    closed = true;
    slots.forEach(Slot::release);
  }
}
