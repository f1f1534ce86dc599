package dev.tenon.host.control;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.Health;
import dev.tenon.core.PluginState;
import dev.tenon.core.Reason;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.Version;
import dev.tenon.host.launch.Isolation;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.transport.Endpoint;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * One run of one plugin as the host knows it: its state, its process, its channel. Thread-safe.
 *
 * <p>Both futures end with a {@link PluginEndedException} when the run ends before them.
 */
public final class PluginRun {
  private static final int LAUNCH_SECONDS = 3;

  private final SpiffeId.OfPlugin id;
  private final Version version;
  private final BackendChannels channels;
  private final CompletableFuture<LaunchedPlugin> launched = new CompletableFuture<>();
  private final CompletableFuture<Enrolled> enrolled = new CompletableFuture<>();
  private final CompletableFuture<Void> healthy = new CompletableFuture<>();

  /*
   * `state` is written under `this` and read without it. Nothing is called out to while it is held:
   * futures are completed after it is released.
   */
  private volatile PluginState state = new PluginState.Starting();
  private boolean isStopping; // under `this`
  private volatile boolean isDistrusted;
  private volatile Runnable changed = () -> {};

  /** Where its server listens, unless it has none. */
  private volatile Optional<Endpoint> listens = Optional.empty();

  private volatile Isolation isolation = Isolation.NONE;

  /** The newest certificate and the one before: a lineage has no more live keys. */
  private volatile List<X509Certificate> certificates = List.of();

  /* `known` is written under `healthLock`, by RunHealth alone, and read without it. */
  private final Object healthLock = new Object();
  private volatile RunHealth.Known known = RunHealth.Known.NOTHING;

  /**
   * Makes a run of a plugin in {@code version} that has not been launched yet; {@code channels}
   * lead to the plugin's own server.
   */
  public PluginRun(SpiffeId.OfPlugin id, Version version, BackendChannels channels) {
    this.id = requireNonNull(id, "id");
    this.version = requireNonNull(version, "version");
    this.channels = requireNonNull(channels, "channels");
  }

  /** Returns the identity of the run. */
  public SpiffeId.OfPlugin id() {
    return id;
  }

  /** Returns the version that the operator configured. */
  Version version() {
    return version;
  }

  /** Returns the connections to the plugin's own server. */
  public BackendChannels channels() {
    return channels;
  }

  /** Notes, before the run is launched, where its server is to listen and what keeps it apart. */
  public void listens(Endpoint at, Isolation keptApart) {
    listens = Optional.of(at);
    isolation = keptApart;
  }

  /** Returns what keeps the run apart from others. */
  Isolation isolation() {
    return isolation;
  }

  /**
   * Returns where {@code caller} reaches the run's server; empty if either is inside the host, or
   * that is a Unix socket, and one of the two does not see the other's directory.
   */
  Optional<Endpoint> reachedFrom(PluginRun caller) {
    return caller.listens.isEmpty()
        ? Optional.empty()
        : listens.filter(
            at ->
                at instanceof Endpoint.Tcp
                    || (seesOthersSockets(isolation) && seesOthersSockets(caller.isolation)));
  }

  private static boolean seesOthersSockets(Isolation isolation) {
    return !isolation.hasOwnPlace() && isolation != Isolation.REMOTE;
  }

  /** Returns where the run stands. */
  public PluginState state() {
    return state;
  }

  /**
   * Sets what is to happen after each change of {@link #state}, on the thread that made it and
   * without a lock; it must not block.
   */
  public void whenChanged(Runnable action) {
    changed = action;
  }

  /** Returns whether another run may come after this one: the host did not end it for distrust. */
  public boolean mayFollow() {
    return !isDistrusted;
  }

  /** Returns whether the run may provide services: it has not ended, and is not being drained. */
  boolean isInService() {
    PluginState now = state;
    return !now.isEnd() && !(now instanceof PluginState.Draining);
  }

  /** Returns what was launched, unless the launch is still under way. */
  public Optional<LaunchedPlugin> process() {
    return launched.isDone() ? Optional.of(launched.join()) : Optional.empty();
  }

  /**
   * Returns whether the process {@code pid} is what was launched. A program may enrol before its
   * launch has returned to the host, so this waits for it a little; false when it does not come.
   */
  boolean owns(long pid) {
    try {
      LaunchedPlugin process = launched.get(LAUNCH_SECONDS, TimeUnit.SECONDS);
      return process.pid().isEmpty() || process.owns(pid);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException | TimeoutException e) {
      return false;
    }
  }

  /** Returns what completes when the plugin has enrolled. */
  public CompletableFuture<Enrolled> enrolled() {
    return enrolled.copy();
  }

  /** Returns what completes when the plugin can be called for the first time. */
  public CompletableFuture<Void> healthy() {
    return healthy.copy();
  }

  /** Returns what the plugin declared, once it has enrolled. */
  Optional<Enrolled> declaration() {
    return enrolled.isDone() && !enrolled.isCompletedExceptionally()
        ? Optional.of(enrolled.join())
        : Optional.empty();
  }

  /** Notes what was launched, and kills it if the run was ended in the meantime. */
  public void launched(LaunchedPlugin process) {
    launched.complete(process);
    if (state.isEnd()) {
      process.kill();
    }
  }

  /** Notes what the plugin declared. */
  public void enrolled(Enrolled declaration) {
    enrolled.complete(declaration);
  }

  /** Notes the certificate that the run was given last. */
  synchronized void certified(X509Certificate newest) {
    certificates = Stream.concat(Stream.of(newest), certificates.stream()).limit(2).toList();
  }

  /** Returns the certificates that the run was given last, the newest first. */
  List<X509Certificate> certificates() {
    return certificates;
  }

  /** Returns until when the run's newest certificate is good; empty before it has one. */
  public Optional<Instant> certifiedUntil() {
    return certificates.stream().findFirst().map(newest -> newest.getNotAfter().toInstant());
  }

  Object healthLock() {
    return healthLock;
  }

  RunHealth.Known known() {
    return known;
  }

  void known(RunHealth.Known now) {
    known = now;
  }

  void reported(Health health, Reason reason) {
    synchronized (this) {
      if (state.isEnd() || state instanceof PluginState.Draining) {
        return;
      }
      state =
          switch (health) {
            case HEALTHY -> new PluginState.Healthy();
            case DEGRADED -> new PluginState.Degraded(reason);
            case UNHEALTHY -> new PluginState.Unhealthy(reason);
          };
    }
    changed.run();
    if (health.isEligible()) {
      healthy.complete(null);
    }
  }

  /** Notes that the run gets no new calls. */
  public void draining() {
    synchronized (this) {
      if (!state.isEnd()) {
        state = new PluginState.Draining();
      }
    }
    changed.run();
  }

  /** Notes that the host is stopping the run. */
  public void stopping() {
    synchronized (this) {
      isStopping = true;
    }
    draining();
  }

  /** Notes that the host ends the run because it is not to be trusted any more. */
  synchronized void distrusted() {
    isStopping = false;
    isDistrusted = true;
  }

  /**
   * Notes the end of the run: stopped if the host was stopping it, else failed for {@code why}.
   *
   * @return whether this call ended it
   */
  public boolean ended(String why) {
    synchronized (this) {
      if (state.isEnd()) {
        return false;
      }
      state = isStopping ? new PluginState.Stopped() : new PluginState.Failed(why);
    }
    PluginEndedException end = new PluginEndedException("plugin " + id.name() + " " + why);
    changed.run();
    enrolled.completeExceptionally(end);
    healthy.completeExceptionally(end);
    return true;
  }
}
