package dev.tenon.host.control;

import dev.tenon.router.DirectServices;
import dev.tenon.router.relay.WireBackend;
import io.grpc.Channel;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The connections to one run of a plugin, but for those that the relay shares: one for the host's
 * own control calls, one for each caller, and one that waits for the next caller ({@link #warm}).
 * HTTP/2 gives a connection one flow-control window and one count of streams, so a caller that
 * stops reading, or opens all the streams there are, stalls its own connection and no other.
 * Thread-safe.
 */
public final class BackendChannels {
  private final Supplier<ManagedChannel> connector;
  private final Optional<WireBackend> wire;
  private final Optional<DirectServices> direct;
  private volatile ManagedChannel control;

  /*
   * Readers look into `byCaller` without a lock. Channels are added and removed under `this`, so that none
   * is added after `closed`. A channel connects when it is first used, and `spare` at once; making one
   * blocks on nothing.
   * `outgoing` are those that others have replaced: whoever found one just before may still call on
   * it, so it is left open until `endOutgoing`.
   */
  private final Map<String, ManagedChannel> byCaller = new ConcurrentHashMap<>();
  private final List<Outgoing> outgoing = new ArrayList<>();
  private final List<ManagedChannel> dropped = new ArrayList<>();
  private @Nullable ManagedChannel spare;
  private boolean closed;

  /** A channel that takes no new calls, and whose it was; empty: the host's own. */
  private record Outgoing(String caller, ManagedChannel channel) {}

  /** Makes the channels; {@code connector} makes one to the run, not connected yet. */
  public BackendChannels(Supplier<ManagedChannel> connector) {
    this(connector, Optional.empty(), Optional.empty());
  }

  /** Makes them for a run that calls reach as frames too, over {@code wire}. */
  public BackendChannels(Supplier<ManagedChannel> connector, WireBackend wire) {
    this(connector, Optional.of(wire), Optional.empty());
  }

  /** Makes them for a run inside the host, of whose services some are called without them. */
  public BackendChannels(Supplier<ManagedChannel> connector, DirectServices direct) {
    this(connector, Optional.empty(), Optional.of(direct));
  }

  private BackendChannels(
      Supplier<ManagedChannel> connector,
      Optional<WireBackend> wire,
      Optional<DirectServices> direct) {
    this.connector = connector;
    this.wire = wire;
    this.direct = direct;
    control = connector.get();
  }

  /** Returns the channel for the host's own control calls. */
  public Channel control() {
    return control;
  }

  /** Returns the channel for the calls of {@code caller}; empty once callers get none. */
  public Optional<Channel> of(String caller) {
    ManagedChannel known = byCaller.get(caller);
    return known == null ? add(caller) : Optional.of(known);
  }

  /** Returns what calls go over as the frames that they came in; empty if they do not. */
  public Optional<WireBackend> wire() {
    return wire;
  }

  /** Returns what is called on the threads of its callers; empty if nothing is. */
  public Optional<DirectServices> direct() {
    return direct;
  }

  private synchronized Optional<Channel> add(String caller) {
    return closed
        ? Optional.empty()
        : Optional.of(byCaller.computeIfAbsent(caller, absent -> next()));
  }

  /**
   * Connects now for whoever calls first, and for each first call after that one: who takes over
   * from a provider that was lost then need not shake hands before it answers. Returns at once;
   * idempotent.
   */
  public synchronized void warm() {
    if (!closed && spare == null) {
      spare = connecting();
      wire.ifPresent(WireBackend::warm);
    }
  }

  private ManagedChannel connecting() {
    ManagedChannel channel = connector.get();
    ConnectivityState unused = channel.getState(/* requestConnection= */ true);
    return channel;
  }

  /** Returns the connection that waits, unless it has failed, and has another one wait. */
  private ManagedChannel next() {
    ManagedChannel waiting = spare;
    if (waiting == null) {
      return connector.get();
    }
    spare = connecting();
    if (waiting.getState(/* requestConnection= */ false) != ConnectivityState.TRANSIENT_FAILURE) {
      return waiting;
    }
    dropped.add(waiting.shutdownNow()); // It would be tried again only after a while.
    return connector.get();
  }

  /**
   * Makes all connections anew, with the host's credentials of the moment at which each is used:
   * new calls go over the new ones, and calls in flight run on over the old ones until {@link
   * #endOutgoing}. Returns at once.
   */
  public synchronized void renew() {
    if (closed) {
      return;
    }
    wire.ifPresent(WireBackend::renew);
    outgoing.add(new Outgoing("", control));
    control = connector.get();
    if (spare != null) {
      outgoing.add(new Outgoing("", spare));
      spare = connecting();
    }
    byCaller.replaceAll(
        (caller, old) -> {
          outgoing.add(new Outgoing(caller, old));
          return connector.get();
        });
  }

  /** Lets those that could not connect try again now: there is reason to hope. */
  public synchronized void connectSoon() {
    byCaller.values().forEach(ManagedChannel::resetConnectBackoff);
    wire.ifPresent(WireBackend::connectSoon);
  }

  /** Ends the connections that others have replaced, with the calls on them. Idempotent. */
  public synchronized void endOutgoing() {
    wire.ifPresent(WireBackend::endOutgoing);
    outgoing.forEach(old -> dropped.add(old.channel().shutdownNow()));
    outgoing.clear();
    dropped.removeIf(ManagedChannel::isTerminated);
  }

  /** Ends the connections of a caller that has ended, with its calls. */
  public synchronized void drop(String caller) {
    ManagedChannel channel = byCaller.remove(caller);
    if (channel != null) {
      dropped.add(channel.shutdownNow());
    }
    outgoing.removeIf(old -> old.caller().equals(caller) && ended(old.channel()));
    dropped.removeIf(ManagedChannel::isTerminated);
  }

  private boolean ended(ManagedChannel channel) {
    return dropped.add(channel.shutdownNow());
  }

  /** Ends all connections but the host's own, with the calls on them. */
  public synchronized void closeToCallers() {
    closed = true;
    wire.ifPresent(WireBackend::close);
    direct.ifPresent(DirectServices::close);
    byCaller.values().forEach(ManagedChannel::shutdownNow);
    if (spare != null) {
      dropped.add(spare.shutdownNow());
      spare = null;
    }
    endOutgoing();
  }

  /** Ends all connections, with the calls on them. */
  public synchronized void close() {
    closeToCallers();
    control.shutdownNow();
  }

  /** Waits until all connections are gone, for at most {@code limit} each. */
  public void awaitClosed(Duration limit) throws InterruptedException {
    List<ManagedChannel> all;
    synchronized (this) {
      all = new ArrayList<>(dropped);
      all.addAll(byCaller.values());
      all.add(control);
    }
    for (ManagedChannel channel : all) {
      if (!channel.awaitTermination(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    }
  }
}
