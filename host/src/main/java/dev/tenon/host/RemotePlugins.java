package dev.tenon.host;

import dev.tenon.auth.EnrolmentTokens;
import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.host.control.PluginRun;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.transport.Endpoint;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The plugins that others start. Each is offered a bootstrap file, which is kept fresh until it has
 * come, and gone while it is there; when it has been away for {@value #AWAY_SECONDS} s its run
 * ends, and a new one is offered. One that has enrolled and never came may not have got the answer:
 * {@link Reenrolment} offers it the same run again, and it has {@value #LOST_SECONDS} s.
 */
final class RemotePlugins implements AutoCloseable {
  /** How long a run may be without a control connection; a client tries again within a second. */
  static final int AWAY_SECONDS = 5;

  /** How long a run may take to come that has enrolled. */
  static final int LOST_SECONDS = 60;

  /** When an enrolment token is replaced: what is left is time enough to use it. */
  private static final Duration FRESH = EnrolmentTokens.DEFAULT_LIFE.multipliedBy(2).dividedBy(3);

  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());
  private static final long LOOK_MILLIS = 200;

  /*
   * Everything but `offers`, which is only added to, belongs to the one thread of `looking`. What it
   * does may block on a file, so it is not the host's timer.
   */
  private final Planes planes;
  private final Launcher launcher;
  private final Roster roster;
  private final InstantSource clock;
  private final List<Offer> offers = new CopyOnWriteArrayList<>();
  private final ScheduledThreadPoolExecutor looking =
      new ScheduledThreadPoolExecutor(
          1,
          task -> {
            Thread thread = new Thread(task, "tenon-remote");
            thread.setDaemon(true);
            return thread;
          });

  RemotePlugins(Planes planes, Roster roster, InstantSource clock) {
    this.planes = planes;
    this.launcher = new Launcher(planes);
    this.roster = roster;
    this.clock = clock;
  }

  /**
   * Offers {@code definition} its first run.
   *
   * @throws HostStartException if a remote plugin could not reach a listener of the host, or the
   *     file cannot be written
   */
  void offer(Slot slot) throws HostStartException, IOException, RefusedException {
    PluginDefinition definition = slot.definition();
    requireReachable(definition, "enrol", planes.addresses().enrol());
    requireReachable(definition, "control", planes.addresses().control());
    requireReachable(definition, "data", planes.addresses().data());
    Instant renewAt = clock.instant().plus(FRESH);
    Offer offer = new Offer(launcher.launch(slot, roster::add), renewAt);
    if (offers.isEmpty()) {
      var unused =
          looking.scheduleWithFixedDelay(
              () -> offers.forEach(Offer::look), LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }
    offers.add(offer);
  }

  private static void requireReachable(PluginDefinition definition, String plane, Endpoint listen)
      throws HostStartException {
    if (!(listen instanceof Endpoint.Tcp)) {
      throw new HostStartException(
          HostStartException.Kind.CONFIGURATION,
          "plugin "
              + definition.name()
              + ": launch = \"remote\", and "
              + plane
              + " listens on "
              + listen
              + " (expected: ["
              + plane
              + "] listen = \"tcp:ADDRESS:PORT\")");
    }
  }

  /** Offers {@code plugin} no more. */
  void remove(PluginName plugin) {
    List<Offer> withdrawn = offers.stream().filter(offer -> offer.plugin.equals(plugin)).toList();
    withdrawn.forEach(offer -> offer.withdrawn = true);
    offers.removeAll(withdrawn);
  }

  /** Ends the looking; the runs are stopped like all others, before. */
  @Override
  public void close() {
    looking.shutdownNow();
  }

  /** One remote plugin, run after run. */
  private final class Offer {
    private final PluginName plugin;
    private volatile boolean withdrawn;
    private Optional<Instant> used = Optional.empty(); // the certificate for the last document
    private Plugins.Started current;
    private Instant renewAt;
    private long seenNanos = System.nanoTime();

    Offer(Plugins.Started first, Instant renewAt) {
      this.plugin = first.definition().name();
      this.current = first;
      this.renewAt = renewAt;
    }

    /* An exception would end the looking for all. */
    void look() {
      try {
        if (current.run().state() instanceof PluginState.Draining) {
          lookWhetherGone();
        } else if (!current.run().state().isEnd()) {
          keepUp();
        } else if (isAway) {
          offerAgain();
        }
      } catch (IOException | RefusedException | HostStartException | RuntimeException e) {
        LOG.log(Level.WARNING, "plugin {0}: {1}", current.definition().name(), e.getMessage());
      }
    }

    private boolean isAway;

    private void lookWhetherGone() {
      if (!isConnected()) {
        current.run().process().ifPresent(LaunchedPlugin::terminate);
      }
    }

    private boolean isConnected() {
      return planes.control().leases().isOpen(current.run().id().runtimeId());
    }

    private void keepUp() throws IOException, RefusedException {
      if (!current.run().enrolled().isDone()) {
        seenNanos = System.nanoTime();
        renewToken();
      } else if (isConnected()) {
        seenNanos = System.nanoTime();
        forgetUsed();
      } else if (System.nanoTime() - seenNanos > TimeUnit.SECONDS.toNanos(mostAway())) {
        isAway = true;
        PluginRun run = current.run();
        planes.runs().ended(run, "disconnected");
        run.process().ifPresent(LaunchedPlugin::kill);
      }
    }

    private int mostAway() {
      return planes.runs().isUnshown(current.run()) ? LOST_SECONDS : AWAY_SECONDS;
    }

    /** A process that is started anew at once finds no document, rather than one that was used. */
    private void forgetUsed() throws IOException {
      Optional<Instant> certified = current.run().certifiedUntil();
      if (!certified.equals(used)) {
        used = certified;
        current.run().process().orElseThrow().forgetBootstrap();
      }
    }

    private void renewToken() throws IOException, RefusedException {
      Instant now = clock.instant();
      if (now.isBefore(renewAt)) {
        return;
      }
      renewAt = now.plus(FRESH);
      RuntimeId id = current.run().id().runtimeId();
      Endpoint listen = current.definition().runtime().remote().orElseThrow();
      current
          .run()
          .process()
          .orElseThrow()
          .rebootstrap(launcher.bootstrap(id, listen).toJsonLine());
    }

    /** The old run stays listed until the new one is there. */
    private void offerAgain() throws HostStartException, IOException, RefusedException {
      Plugins.Started old = current;
      renewAt = clock.instant().plus(FRESH);
      current =
          launcher.launch(
              old.slot(),
              added -> {
                if (withdrawn) {
                  throw new IllegalStateException("removed meanwhile");
                }
                roster.replace(old, added);
                planes.runs().forget(old.run());
              });
      isAway = false;
    }
  }
}
