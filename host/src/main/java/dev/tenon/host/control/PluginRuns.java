package dev.tenon.host.control;

import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.core.Identity;
import dev.tenon.core.RuntimeId;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.router.Backends;
import dev.tenon.router.DirectServices;
import dev.tenon.router.relay.WireBackend;
import dev.tenon.transport.Transport;
import io.grpc.Channel;
import java.lang.System.Logger.Level;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * All runs of a host, by runtime id, and the one way to end one that must not go on. Thread-safe.
 */
public final class PluginRuns implements Backends {
  private static final System.Logger LOG = System.getLogger(PluginRuns.class.getName());

  private final ConcurrentMap<RuntimeId, PluginRun> runs = new ConcurrentHashMap<>();
  private final Trust trust;
  private final ServiceRegistry registry;
  private final ControlAudit audit;
  private volatile Consumer<RuntimeId> whenEnded = runtimeId -> {};
  private volatile Consumer<RuntimeId> whenReenrolled = runtimeId -> {};
  private volatile int maxMessageBytes = Transport.MAX_MESSAGE_BYTES;

  /** The longest message of the runs that asked for less than the host allows. */
  private final ConcurrentMap<String, Integer> shorter = new ConcurrentHashMap<>();

  /**
   * Makes an empty table; a run that ends loses its rights in {@code trust} and {@code registry}.
   */
  public PluginRuns(Trust trust, ServiceRegistry registry, ControlAudit audit) {
    this.trust = trust;
    this.registry = registry;
    this.audit = audit;
  }

  /**
   * Sets what is to happen when a run has lost its credentials: its open calls and then its
   * connections are to end.
   */
  public void whenEnded(Consumer<RuntimeId> action) {
    whenEnded = action;
  }

  /** Sets what is to happen after that, too. */
  public void alsoWhenEnded(Consumer<RuntimeId> action) {
    whenEnded = whenEnded.andThen(action);
  }

  /** Sets what is to happen when a run has enrolled again: what it registered is to stay. */
  public void whenReenrolled(Consumer<RuntimeId> action) {
    whenReenrolled = action;
  }

  void reenrolled(RuntimeId runtimeId) {
    whenReenrolled.accept(runtimeId);
  }

  Trust trust() {
    return trust;
  }

  /**
   * Returns whether {@code run} has enrolled and shows nothing of it: the answer may have been
   * lost.
   */
  public boolean isUnshown(PluginRun run) {
    return trust.lineages().isUnshown(run.id().runtimeId());
  }

  /** Returns what the runs register in, and what knows their health. */
  ServiceRegistry registry() {
    return registry;
  }

  /** Sets the longest message of a call; each run is told when it enrols. */
  public void maxMessageBytes(int bytes) {
    maxMessageBytes = bytes;
  }

  /** Returns the longest message of a call. */
  public int maxMessageBytes() {
    return maxMessageBytes;
  }

  /**
   * Returns the longest message of the calls of {@code run}, and of those to it, if that is less
   * than the host allows; else {@link Integer#MAX_VALUE}.
   *
   * @param run what the audit log calls it
   */
  public int maxMessageBytes(String run) {
    return shorter.isEmpty() ? Integer.MAX_VALUE : shorter.getOrDefault(run, Integer.MAX_VALUE);
  }

  /** Notes what {@code run} declared. */
  public void enrolled(PluginRun run, Enrolled declaration) {
    if (declaration.maxMessageBytes() < maxMessageBytes) {
      shorter.put(run.id().runtimeId().value(), declaration.maxMessageBytes());
    }
    run.enrolled(declaration);
  }

  /** Adds a run before it is launched. */
  public void add(PluginRun run) {
    runs.put(run.id().runtimeId(), run);
  }

  /** Returns the run called {@code runtimeId}. */
  public Optional<PluginRun> find(RuntimeId runtimeId) {
    return Optional.ofNullable(runs.get(runtimeId));
  }

  /**
   * Returns the channel on which {@code caller} reaches the plugin {@code provider}, while it
   * lives.
   */
  @Override
  public Optional<Channel> backend(RuntimeId provider, Identity caller) {
    return find(provider)
        .filter(run -> !run.state().isEnd())
        .flatMap(run -> run.channels().of(caller.actor()));
  }

  @Override
  public Optional<WireBackend> wire(RuntimeId provider) {
    return find(provider).filter(run -> !run.state().isEnd()).flatMap(run -> run.channels().wire());
  }

  @Override
  public Optional<DirectServices> direct(RuntimeId provider) {
    PluginRun run = runs.get(provider);
    return run == null || run.state().isEnd() ? Optional.empty() : run.channels().direct();
  }

  /** Returns all runs, in no order. */
  public Collection<PluginRun> all() {
    return List.copyOf(runs.values());
  }

  /** Returns the runs, not ended yet, that were given a certificate which {@code is} picks. */
  public Set<RuntimeId> holding(Predicate<X509Certificate> is) {
    return runs.values().stream()
        .filter(run -> !run.state().isEnd() && run.certificates().stream().anyMatch(is))
        .map(run -> run.id().runtimeId())
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Returns whether {@code runtimeId} is in use. */
  public boolean isTaken(RuntimeId runtimeId) {
    return runs.containsKey(runtimeId);
  }

  /**
   * Notes that a run has ended, and takes back all that it had. Idempotent.
   *
   * <p>The order matters: first the state, which refuses what is still under way; then the
   * credentials, so that nothing new begins; last what was registered.
   */
  public void ended(PluginRun run, String why) {
    RuntimeId runtimeId = run.id().runtimeId();
    boolean endedHere = run.ended(why);
    takeBack(runtimeId);
    whenEnded.accept(runtimeId);
    run.channels().close();
    runs.values().forEach(other -> other.channels().drop(runtimeId.value()));
    if (endedHere) {
      LOG.log(Level.INFO, "plugin {0} {1}", runtimeId, why);
      record(run, why);
    }
  }

  /** Credentials first, so that nothing new begins; then what was registered. */
  private void takeBack(RuntimeId runtimeId) {
    trust.forget(runtimeId);
    registry.remove(runtimeId);
    shorter.remove(runtimeId.value());
  }

  /** The end has happened, and its record may fail without undoing it. */
  private void record(PluginRun run, String why) {
    try {
      audit.success(
          "lifecycle",
          run.id().runtimeId().value(),
          "end",
          run.id().toString(),
          Map.of("state", run.state().label(), "reason", why));
    } catch (AuditFailedException e) {
      LOG.log(Level.WARNING, "the end of {0} could not be recorded", run.id().runtimeId());
    }
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

  /**
   * Ends a run whose credentials the operator takes back. From the return on all of them are
   * useless; its calls and connections end, and its process is killed. Idempotent.
   *
   * @throws IllegalArgumentException if there was no such run
   */
  public void revoke(RuntimeId runtimeId, Order order) {
    PluginRun run = known(runtimeId);
    try {
      audit.success(
          "revocation",
          order.actor(),
          "revoke",
          runtimeId.value(),
          Map.of("id", run.id().toString(), "reason", order.reason()));
    } catch (AuditFailedException e) {
      // Containment does not depend on the log.
      LOG.log(Level.WARNING, "the revocation of {0} could not be recorded", runtimeId);
    }
    kill(runtimeId, "was revoked");
  }

  /**
   * Records that {@code run} is about to be taken out of service.
   *
   * @throws AuditFailedException if it could not be written: then it stays in service
   */
  public void recordDrain(PluginRun run, Order order) throws AuditFailedException {
    audit.success(
        "lifecycle",
        order.actor(),
        "drain",
        run.id().runtimeId().value(),
        Map.of("reason", order.reason()));
  }

  /**
   * Takes {@code run} out of service: it gets no new calls, and what it provided is registered no
   * more; what is under way goes on. Its claims are refused from now on. Idempotent.
   */
  public void withdraw(PluginRun run) {
    run.draining(); // first, so that a registration under way sees it, or is removed here
    registry.remove(run.id().runtimeId());
  }

  /**
   * Returns the run called {@code runtimeId}, ended or not.
   *
   * @throws IllegalArgumentException if there was none
   */
  public PluginRun known(RuntimeId runtimeId) {
    return find(runtimeId)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "run: " + runtimeId + " (expected: one of this host's)"));
  }

  /** Ends a run that is of no use any more, but could be followed by another of its plugin. */
  public void giveUp(PluginRun run, String why) {
    ended(run, why);
    run.process().ifPresent(LaunchedPlugin::kill);
  }

  /** Forgets a run that has ended, and whose place another has taken. Idempotent. */
  public void forget(PluginRun run) {
    if (run.state().isEnd()) {
      runs.remove(run.id().runtimeId(), run);
    }
  }

  /** Ends a run that is not to be trusted any more: rights first, then its process. */
  public void kill(RuntimeId runtimeId, String why) {
    find(runtimeId)
        .ifPresent(
            run -> {
              run.distrusted();
              ended(run, why);
              run.process().ifPresent(LaunchedPlugin::kill);
            });
  }
}
