package dev.tenon.registry.etcd;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.google.protobuf.ByteString;
import dev.tenon.core.Sharing;
import dev.tenon.core.SpiffeId;
import dev.tenon.registry.LimitReachedException;
import dev.tenon.registry.LocalRegistry;
import dev.tenon.registry.Registration;
import dev.tenon.registry.RegistryUnavailableException;
import dev.tenon.registry.ServiceTakenException;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.LeaseGrantResponse;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
  private static final Duration LONGEST_PATIENCE = Duration.ofSeconds(2);

  private final EtcdSettings settings;
  private final SpiffeId.OfHost self;
  private final EtcdKeys keys;
  private final LocalRegistry local;
  private final OwnClaims own;
  private final OtherHosts others;
  private final Published published;
  private final HeldLease lease;
  private final Duration patience;
  private final ScheduledThreadPoolExecutor worker;
  private final AtomicBoolean changing = new AtomicBoolean();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private volatile Optional<String> endpoint = Optional.empty();
  private volatile boolean connected;
  private volatile boolean nameTaken;
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
    others = new OtherHosts(keys, self, local, lease::now);
    published = new Published(keys);
    Duration quarter = settings.lease().dividedBy(4);
    patience = quarter.compareTo(LONGEST_PATIENCE) < 0 ? quarter : LONGEST_PATIENCE;
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
    return nameTaken;
  }

  /** Returns what was wrong last. */
  String trouble() {
    return trouble;
  }

  /** Returns whether the last turn went well. */
  boolean isConnected() {
    return connected;
  }

  /** Returns how long {@link #register} waits at most. */
  Duration patience() {
    return patience.multipliedBy(3);
  }

  void announce(String data) {
    endpoint = Optional.of(data);
    changed();
  }

  /** Sees to it that etcd learns soon what has changed here. Blocks on nothing. */
  void changed() {
    if (changing.compareAndSet(false, true)) {
      try {
        worker.execute(
            () -> {
              changing.set(false);
              if (connected) {
                attempt(this::settle);
              }
            });
      } catch (RejectedExecutionException e) {
        // Closed: the end of the lease says it all.
        return;
      }
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
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "etcd: a turn failed", e);
      lost("a turn failed: " + e);
    }
    return false;
  }

  private void turn() {
    boolean was = connected;
    boolean done =
        attempt(
            () -> {
              connect();
              renew();
              follow();
              settle();
            });
    if (done && !was) {
      connected = true;
      LOG.log(Level.INFO, "etcd: {0} shares its registrations", self);
      ready.complete(null);
    }
    if (!lease.isHeld()) {
      own.setExclusiveAside();
    }
    others.publish();
    Duration pause = settings.lease().dividedBy(6);
    Duration most = connected && !others.areAwaited() ? LONGEST_PAUSE : RETRY;
    again(pause.compareTo(most) < 0 ? pause : most);
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
      List<URI> members = settings.endpoints();
      etcd =
          EtcdConnection.open(
              members.get(Math.floorMod(member++, members.size())), settings, patience);
    }
    return etcd;
  }

  private void renew() throws EtcdFailedException {
    long asked = lease.now();
    long id = lease.id();
    if (id != HeldLease.NONE) {
      Duration life = connect().keepAlive(id);
      if (!life.isZero()) {
        lease.renewed(id, asked, life);
        return;
      }
      LOG.log(Level.WARNING, "etcd: the lease of {0} has ended; it takes another one", self);
      own.setExclusiveAside(); // first: what is looked up with the next lease is not there
      lease.lost();
      published.clear();
    }
    grant();
  }

  private void grant() throws EtcdFailedException {
    long asked = lease.now();
    EtcdConnection connection = connect();
    LeaseGrantResponse granted = connection.grant(settings.lease());
    unsure = true;
    nameTaken =
        !published.create(connection, granted.getID(), keys.ownHost(), EtcdValues.host(endpoint));
    if (nameTaken) {
      connection.revoke(granted.getID());
      throw new EtcdFailedException(
          "etcd: "
              + self
              + " is there already (expected: not before the lease of its former run has ended,"
              + " and no second host with a copy of its state)");
    }
    lease.renewed(granted.getID(), asked, Duration.ofSeconds(granted.getTTL()));
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
    published.replace(listing.entries(), lease.id());
    setUnconfirmedAside();
    others.replace(listing.entries());
    others.publish();
    revision = listing.revision();
    unsure = false;
  }

  /** Puts what is missing in etcd, deletes what is too much, and brings back what is ours again. */
  private void settle() throws EtcdFailedException {
    boolean sure = !unsure;
    unsure = true; // until all of it is confirmed
    List<Registration> missing = own.all().stream().filter(claim -> !published.has(claim)).toList();
    for (List<Registration> part : Published.parts(missing)) {
      Set<Registration> taken = published.claim(connect(), lease.id(), part).keySet();
      taken.forEach(own::setAside);
    }
    for (Registration claim : own.aside()) {
      if (lease.isHeld() && published.has(claim)) {
        own.bringBack(claim);
      }
    }
    Map<ByteString, ByteString> values = new HashMap<>();
    values.put(keys.ownHost(), EtcdValues.host(endpoint));
    own.health()
        .forEach((run, health) -> values.put(keys.ownHealth(run), EtcdValues.health(health)));
    Set<ByteString> claims = new HashSet<>();
    own.all().forEach(claim -> claims.add(keys.ownClaim(claim.service(), claim.provider())));
    published.settle(connect(), lease.id(), values, claims);
    unsure = !sure;
  }

  @Override
  public void answered(EtcdWatch from, WatchResponse response) {
    onWorker(() -> apply(from, response));
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
      // Closed.
      return;
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
        isOurs |= published.deleted(event.getKv().getKey(), event.getKv().getModRevision());
      }
    }
    others.publish();
    if (isOurs) {
      setUnconfirmedAside(); // Somebody deleted what is ours.
      again(Duration.ZERO);
    }
    from.next();
  }

  /** What may be another's by now does not serve. */
  private void setUnconfirmedAside() {
    for (Registration claim : own.all()) {
      if (claim.sharing() == Sharing.EXCLUSIVE && !published.has(claim)) {
        own.setAside(claim);
      }
    }
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
      Optional<String> holder =
          Optional.ofNullable(published.claim(connect(), lease.id(), List.of(claim)).get(claim));
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
