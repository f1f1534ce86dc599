package dev.tenon.host.control;

import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.registry.ServiceRegistry;
import io.grpc.Channel;
import java.lang.System.Logger.Level;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * All runs of a host, by runtime id, and the one way to end one that must not go on. Thread-safe.
 */
public final class PluginRuns {
  private static final System.Logger LOG = System.getLogger(PluginRuns.class.getName());

  private final ConcurrentMap<RuntimeId, PluginRun> runs = new ConcurrentHashMap<>();
  private final Trust trust;
  private final ServiceRegistry registry;

  /**
   * Makes an empty table; a run that ends loses its rights in {@code trust} and {@code registry}.
   */
  public PluginRuns(Trust trust, ServiceRegistry registry) {
    this.trust = trust;
    this.registry = registry;
  }

  /** Adds a run before it is launched. */
  public void add(PluginRun run) {
    runs.put(run.id().runtimeId(), run);
  }

  /** Returns the run called {@code runtimeId}. */
  public Optional<PluginRun> find(RuntimeId runtimeId) {
    return Optional.ofNullable(runs.get(runtimeId));
  }

  /** Returns the channel to the plugin {@code runtimeId}, while it lives. */
  public Optional<Channel> backend(RuntimeId runtimeId) {
    return find(runtimeId).filter(run -> !run.state().isEnd()).map(PluginRun::channel);
  }

  /** Returns all runs, in no order. */
  public Collection<PluginRun> all() {
    return List.copyOf(runs.values());
  }

  /** Returns whether {@code runtimeId} is in use. */
  public boolean isTaken(RuntimeId runtimeId) {
    return runs.containsKey(runtimeId);
  }

  /** Notes that a run has ended, and takes back all that it had. Idempotent. */
  public void ended(PluginRun run, String why) {
    RuntimeId runtimeId = run.id().runtimeId();
    if (run.ended(why)) {
      LOG.log(Level.INFO, "plugin {0} {1}", runtimeId, why);
    }
    takeBack(runtimeId);
    run.channel().shutdownNow();
  }

  private void takeBack(RuntimeId runtimeId) {
    registry.remove(runtimeId);
    trust.forget(runtimeId);
  }

  /**
   * Checks, after {@code run} was given something, that it had not ended before: whoever ended it
   * could not take back what it did not have yet.
   *
   * @throws NotAuthenticatedException if it has ended; it has nothing any more then
   */
  void requireLiving(PluginRun run) throws NotAuthenticatedException {
    if (run.state().isEnd()) {
      takeBack(run.id().runtimeId());
      throw new NotAuthenticatedException(NotAuthenticatedException.Why.REVOKED);
    }
  }

  /** Ends a run that has shown itself to be unsafe: rights first, then its process. */
  void kill(RuntimeId runtimeId, String why) {
    find(runtimeId)
        .ifPresent(
            run -> {
              ended(run, why);
              run.process().ifPresent(process -> process.kill());
            });
  }
}
