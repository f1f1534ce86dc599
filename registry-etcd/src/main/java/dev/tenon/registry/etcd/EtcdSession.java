package dev.tenon.registry.etcd;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import dev.tenon.core.SpiffeId;
import dev.tenon.registry.LimitReachedException;
import dev.tenon.registry.LocalRegistry;
import dev.tenon.registry.Registration;
import dev.tenon.registry.RegistryUnavailableException;
import dev.tenon.registry.ServiceTakenException;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What this host and etcd say to each other, on one thread: all that asks etcd runs on it, one
 * after the other, and nothing of it under a lock.
 *
 * <p>Each turn renews the lease, takes the watch up again where it ended (or lists everything, if
 * etcd has forgotten that place or it is unsure what was written), and puts what is missing. What
 * fails closes the connection; the next turn makes another, to the next member.
 */
final class EtcdSession implements EtcdWatch.Listener {
  private static final System.Logger LOG = System.getLogger(EtcdStore.class.getName());

  /** How soon etcd is tried again; hosts converge within a few of these. */
  private static final Duration RETRY = Duration.ofMillis(500);

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  private final EtcdSettings settings;
  private final SpiffeId.OfHost self;
  private final EtcdKeys keys;
  private final LocalRegistry local;
  private final OwnClaims own;
  private final OtherHosts others;
  private final HostEntry entry;
  private final HeldLease lease;
  private final Duration patience;
  private final ScheduledThreadPoolExecutor worker;
  private final AtomicBoolean changing = new AtomicBoolean();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private volatile boolean connected;
  private volatile String trouble = "not asked yet";

  // The rest is the worker's alone.
  private @Nullable EtcdConnection etcd;
  private @Nullable EtcdWatch watch;
  private @Nullable Future<?> turn;
  private int member;
  private long revision;
  private boolean unsure = true;

  EtcdSession(
      EtcdSettings settings,
      SpiffeId.OfHost self,
      LocalRegistry local,
      OwnClaims own,
      HeldLease lease) {
    this.settings = settings;
    this.self = self;
    this.local = local;
    this.own = own;
    this.lease = lease;
    keys = new EtcdKeys(self);
    others = new OtherHosts(keys, self, local, lease::now, OtherHosts.MAX_KEYS);
    entry = new HostEntry(self, settings.lease(), keys, own, lease);
    patience = settings.patience();
    worker =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "tenon-etcd");
              thread.setDaemon(true);
              return thread;
            });
    worker.setRemoveOnCancelPolicy(true);
    worker.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  void start() {
    worker.execute(this::turn);
  }

  /** Completes when the host is known in etcd, and knows what others have there. */
  CompletableFuture<Void> ready() {
    return ready;
  }

  /** Returns whether etcd knows a host of this name, and it is not this one. */
  boolean isNameTaken() {
    return entry.isNameTaken();
  }

  /** Returns what was wrong last. */
  String trouble() {
    return trouble;
  }

  /** Returns how long {@link #register} waits at most. */
  Duration patience() {
    return patience.multipliedBy(3);
  }

  void announce(String data) {
    entry.announce(data);
    changed();
  }

  /** Sees to it that etcd learns soon what has changed here. Blocks on nothing. */
  void changed() {
    if (changing.compareAndSet(false, true)) {
      onWorker(
          () -> {
            changing.set(false);
            if (connected) {
              attempt(this::settle);
            }
          });
    }
  }

  /** Something that is asked of etcd. */
  private interface Task {
    void run() throws EtcdFailedException;
  }

  private boolean attempt(Task task) {
    try {
      task.run();
      return true;
    } catch (EtcdFailedException e) {
      lost(String.valueOf(e.getMessage()));
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "etcd: a turn failed", e);
      lost("a turn failed: " + e);
    }
    return false;
  }

  private void turn() {
    try {
      ask();
      attempt(
          () -> {
            if (!lease.isHeld()) {
              own.setExclusiveAside();
            }
            others.publish();
          });
    } finally {
      Duration pause = settings.lease().dividedBy(6);
      Duration most = connected && !others.areAwaited() ? LONGEST_PAUSE : RETRY;
      again(pause.compareTo(most) < 0 ? pause : most);
    }
  }

  private void ask() {
    boolean was = connected;
    boolean done =
        attempt(
            () -> {
              unsure |= lease.id() == HeldLease.NONE; // its beginning may have failed half way
              unsure |= entry.renew(connect());
              follow();
              settle();
            });
    if (done && !was) {
      connected = true;
      LOG.log(Level.INFO, "etcd: {0} shares its registrations", self);
      ready.complete(null);
    }
  }

  private void again(Duration pause) {
    if (turn != null) {
      turn.cancel(/* mayInterruptIfRunning= */ false);
    }
    if (!worker.isShutdown()) {
      turn = worker.schedule(this::turn, pause.toNanos(), NANOSECONDS);
    }
  }

  private void lost(String why) {
    trouble = why;
    if (connected) {
      connected = false;
      LOG.log(
          Level.WARNING,
          "{0}: what is known serves on, and nothing can be registered until it is back",
          why);
      again(RETRY);
    }
    if (watch != null) {
      watch.cancel();
      watch = null;
    }
    if (etcd != null) {
      etcd.close();
      etcd = null;
    }
  }

  private EtcdConnection connect() throws EtcdFailedException {
    if (etcd == null) {
      etcd = EtcdConnection.open(settings.endpoint(member++), settings, patience);
    }
    return etcd;
  }

  /** Goes on where the watch ended, or begins anew. */
  private void follow() throws EtcdFailedException {
    if (!connected) {
      others.returned();
    }
    if (unsure) {
      list();
    }
    if (watch == null) {
      watch = connect().watch(keys.all(), revision + 1, this);
    }
  }

  private void list() throws EtcdFailedException {
    EtcdConnection.Listing listing = connect().list(keys.all(), OtherHosts.MAX_KEYS);
    if (watch != null) {
      watch.cancel();
      watch = null;
    }
    entry.replace(listing.entries());
    others.replace(listing.entries());
    others.publish();
    revision = listing.revision();
    unsure = false;
  }

  private void settle() throws EtcdFailedException {
    boolean sure = !unsure;
    unsure = true; // until all of it is confirmed
    entry.settle(connect());
    unsure = !sure;
  }

  @Override
  public void answered(EtcdWatch from, WatchResponse response) {
    onWorker(() -> unsure = !attempt(() -> apply(from, response)) || unsure); // all is listed then
  }

  @Override
  public void ended(EtcdWatch ended, String why) {
    onWorker(
        () -> {
          if (ended == watch) {
            unsure |= why.equals(Status.Code.RESOURCE_EXHAUSTED.name()); // pages are smaller
            lost("etcd: the watch ended: " + why);
          }
        });
  }

  private void onWorker(Runnable task) {
    try {
      worker.execute(task);
    } catch (RejectedExecutionException e) {
      return; // Closed: the end of the lease says it all.
    }
  }

  private void apply(EtcdWatch from, WatchResponse response) {
    if (from != watch) {
      return;
    }
    boolean isForgotten = response.getCanceled() && response.getCompactRevision() > 0;
    boolean isYounger = response.getCreated() && response.getHeader().getRevision() < revision;
    if (isForgotten || isYounger) {
      LOG.log(Level.INFO, "etcd: its history does not reach back to what is known; all is listed");
      unsure = true;
      watch.cancel();
      watch = null;
      again(Duration.ZERO);
      return;
    }
    if (response.getCanceled()) {
      lost("etcd: the watch was refused: " + response.getCancelReason());
      return;
    }
    boolean isOurs = false;
    for (Event event : response.getEventsList()) {
      revision = Math.max(revision, event.getKv().getModRevision());
      if (event.getType() == Event.EventType.PUT) {
        others.put(event.getKv());
      } else {
        others.delete(event.getKv().getKey());
        isOurs |= entry.deleted(event.getKv().getKey(), event.getKv().getModRevision());
      }
    }
    others.publish();
    if (isOurs) {
      again(Duration.ZERO); // Somebody deleted it.
    }
    from.next();
  }

  /**
   * Registers {@code claim}; blocks until etcd has confirmed it.
   *
   * @throws RegistryUnavailableException if it did not in time; nothing is registered then
   */
  Registration register(Registration claim)
      throws ServiceTakenException, LimitReachedException, RegistryUnavailableException {
    requireConnected();
    Registering registering = new Registering(claim);
    try {
      worker.execute(() -> register(registering));
    } catch (RejectedExecutionException e) {
      throw new RegistryUnavailableException("closed");
    }
    return registering.await(patience());
  }

  /**
   * Checks that etcd answered last time.
   *
   * @throws RegistryUnavailableException if not
   */
  void requireConnected() throws RegistryUnavailableException {
    if (!connected) {
      throw new RegistryUnavailableException(trouble);
    }
  }

  private void register(Registering registering) {
    if (registering.isOver()) {
      return;
    }
    Registration claim = registering.claim();
    try {
      requireConnected();
      local.check(claim);
      boolean sure = !unsure;
      unsure = true;
      Optional<String> holder = entry.claim(connect(), claim);
      unsure = !sure;
      if (holder.isPresent()) {
        throw new ServiceTakenException(claim, holder.get());
      }
      own.add(claim);
      if (!registering.done()) {
        own.takeBack(claim);
        changed();
      }
    } catch (EtcdFailedException e) {
      lost(String.valueOf(e.getMessage()));
      registering.refused(new RegistryUnavailableException(String.valueOf(e.getMessage())));
    } catch (ServiceTakenException
        | LimitReachedException
        | RegistryUnavailableException
        | RuntimeException e) {
      registering.refused(e);
      changed();
    }
  }

  /** Ends the lease, and with it all of this host in etcd; blocks for a moment at most. */
  void close() {
    try {
      worker.execute(
          () -> {
            connected = false;
            long id = lease.id();
            lease.lost();
            own.setExclusiveAside();
            if (etcd != null && id != HeldLease.NONE) {
              attempt(() -> connect().revoke(id));
            }
            lost("closed");
            worker.shutdownNow();
          });
    } catch (RejectedExecutionException e) {
      return;
    }
    try {
      if (!worker.awaitTermination(patience.toNanos() * 3, NANOSECONDS)) {
        worker.shutdownNow();
      }
    } catch (InterruptedException e) {
      worker.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
