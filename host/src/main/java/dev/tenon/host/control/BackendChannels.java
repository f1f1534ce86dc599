package dev.tenon.host.control;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The connections to one run of a plugin: one for the host's own control calls, and one for each
 * caller. HTTP/2 gives a connection one flow-control window and one count of streams, so a caller
 * that stops reading, or opens all the streams there are, stalls its own connection and no other.
 * Thread-safe.
 */
public final class BackendChannels {
  private final Supplier<ManagedChannel> connector;
  private final ManagedChannel control;

  /*
   * Readers look into `byCaller` without a lock. Channels are added and removed under `this`, so that none
   * is added after `closed`. A channel connects when it is first used; making one blocks on nothing.
   */
  private final Map<String, ManagedChannel> byCaller = new ConcurrentHashMap<>();
  private final List<ManagedChannel> dropped = new ArrayList<>();
  private boolean closed;

  /** Makes the channels; {@code connector} makes one to the run, not connected yet. */
  public BackendChannels(Supplier<ManagedChannel> connector) {
    this.connector = connector;
    control = connector.get();
  }

  /** Returns the channel for the host's own control calls. */
  public Channel control() {
    return control;
  }

  /** Returns the channel for the calls of {@code caller}; empty once callers get none. */
  Optional<Channel> of(String caller) {
    ManagedChannel known = byCaller.get(caller);
    return known == null ? add(caller) : Optional.of(known);
  }

  private synchronized Optional<Channel> add(String caller) {
    return closed
        ? Optional.empty()
        : Optional.of(byCaller.computeIfAbsent(caller, absent -> connector.get()));
  }

  /** Ends the connection of a caller that has ended, with its calls. */
  synchronized void drop(String caller) {
    ManagedChannel channel = byCaller.remove(caller);
    if (channel != null) {
      dropped.add(channel.shutdownNow());
      dropped.removeIf(ManagedChannel::isTerminated);
    }
  }

  /** Ends all connections but the host's own, with the calls on them. */
  public synchronized void closeToCallers() {
    closed = true;
    byCaller.values().forEach(ManagedChannel::shutdownNow);
  }

  synchronized void close() {
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
