package dev.tenon.transport;

import dev.tenon.core.SpiffeId;
import io.grpc.Attributes;
import io.grpc.ServerTransportFilter;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the connections of one listener within its limits. Thread-safe.
 *
 * <p>A connection is counted from its acceptance, before a TLS context is made for it, to its end.
 * As a filter it counts those whose peer is known, once that is so.
 */
final class Doorkeeper extends ServerTransportFilter {
  /*
   * `lock` guards the four fields below it, and is held for a look into maps. Connections are ended
   * outside of it: their end takes it again.
   *
   * `handshakes` is in order of acceptance. A flood of silent connections thus pushes out the eldest of
   * its own, while an honest one, which needs milliseconds, is through before its turn comes.
   */
  private final Object lock = new Object();
  private final Map<Object, Runnable> handshakes = new LinkedHashMap<>();
  private final Map<Source, Integer> bySource = new HashMap<>();
  private final Map<SpiffeId, Integer> byPeer = new HashMap<>();
  private int total;

  private final Door door;
  private final ConnectionCounters counters;

  Doorkeeper(Door door, ConnectionCounters counters) {
    this.door = door;
    this.counters = counters;
  }

  /**
   * Counts the connection {@code id}, which {@code close} ends, and returns true; or false if it is
   * to be closed.
   */
  boolean enter(Object id, Source source, Runnable close) {
    if (source.name().startsWith("ip:") && !door.rule().admits(source)) {
      counters.refused();
      return false;
    }
    Optional<Runnable> eldest;
    synchronized (lock) {
      int fromSource = bySource.getOrDefault(source, 0);
      if (total >= door.limits().inTotal() || fromSource >= door.limits().perSource()) {
        counters.refused();
        return false;
      }
      total++;
      bySource.put(source, fromSource + 1);
      eldest =
          handshakes.size() >= door.limits().handshakes()
              ? Optional.of(eldest())
              : Optional.empty();
      handshakes.put(id, close);
    }
    counters.accepted();
    eldest.ifPresent(this::pushOut);
    return true;
  }

  private void pushOut(Runnable close) {
    counters.refused();
    close.run();
  }

  private Runnable eldest() {
    Iterator<Runnable> oldestFirst = handshakes.values().iterator();
    Runnable eldest = oldestFirst.next();
    oldestFirst.remove();
    return eldest;
  }

  /** Notes that the handshake of {@code id} is over. */
  void ready(Object id) {
    synchronized (lock) {
      handshakes.remove(id);
    }
  }

  /** Notes that a peer from {@code source} was refused in its handshake. */
  void faulted(Source source, HandshakeFault fault) {
    counters.faulted();
    door.refusals().refused(source, fault);
  }

  /** Notes that the connection {@code id}, which had entered, has ended. */
  void left(Object id, Source source) {
    synchronized (lock) {
      total--;
      var unused = bySource.computeIfPresent(source, Doorkeeper::less);
      if (handshakes.remove(id) != null) {
        counters.unfinished();
      }
    }
  }

  private static @Nullable Integer less(Object key, Integer count) {
    return count > 1 ? count - 1 : null;
  }

  @Override
  public Attributes transportReady(Attributes attributes) {
    Optional<SpiffeId> id = peer(attributes);
    if (id.isPresent() && !enter(id.get())) {
      counters.refused();
      Optional.ofNullable(attributes.get(Connection.KEY)).ifPresent(Connection::closeNow);
    }
    return attributes;
  }

  private boolean enter(SpiffeId peer) {
    synchronized (lock) {
      return byPeer.merge(peer, 1, Integer::sum) <= door.limits().perRun();
    }
  }

  @Override
  public void transportTerminated(@Nullable Attributes attributes) {
    if (attributes == null) {
      return; // It was never ready.
    }
    peer(attributes)
        .ifPresent(
            id -> {
              synchronized (lock) {
                var unused = byPeer.computeIfPresent(id, Doorkeeper::less);
              }
            });
  }

  private static Optional<SpiffeId> peer(Attributes attributes) {
    return Optional.ofNullable(attributes.get(Peer.KEY)).flatMap(Peer::id);
  }

  /** Returns how many connections are counted. */
  int total() {
    synchronized (lock) {
      return total;
    }
  }
}
