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
   * `lock` guards the five fields below it, and is held for a look into maps. Connections are ended
   * outside of it: their end takes it again.
   *
   * Handshakes are in two maps: of those who have said nothing yet, in order of acceptance, and of the
   * others, in order of their first word. A flood of silent connections thus pushes out its own, however
   * fast it comes and however slow the machine is: an honest one speaks as soon as it is connected.
   */
  private final Object lock = new Object();
  private final Map<Object, Handshake> silent = new LinkedHashMap<>();
  private final Map<Object, Handshake> speaking = new LinkedHashMap<>();
  private final Map<Source, Integer> bySource = new HashMap<>();
  private final Map<SpiffeId, Integer> byPeer = new HashMap<>();
  private int total;

  private final Door door;
  private final ConnectionCounters counters;

  /** A connection that is in its handshake, which {@code close} ends. */
  private record Handshake(Source source, Runnable close) {}

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
    Optional<ConnectionCap> reached;
    Optional<Handshake> eldest = Optional.empty();
    synchronized (lock) {
      reached = reached(source);
      if (reached.isEmpty()) {
        total++;
        bySource.merge(source, 1, Integer::sum);
        eldest = eldestOfTooMany();
        silent.put(id, new Handshake(source, close));
      }
    }
    if (reached.isPresent()) {
      refuse(source, Optional.empty(), reached.get());
      return false;
    }
    counters.accepted();
    eldest.ifPresent(this::pushOut);
    return true;
  }

  private Optional<ConnectionCap> reached(Source source) {
    if (total >= door.limits().inTotal()) {
      return Optional.of(ConnectionCap.IN_TOTAL);
    }
    return bySource.getOrDefault(source, 0) >= door.limits().perSource()
        ? Optional.of(ConnectionCap.OF_SOURCE)
        : Optional.empty();
  }

  private Optional<Handshake> eldestOfTooMany() {
    if (silent.size() + speaking.size() < door.limits().handshakes()) {
      return Optional.empty();
    }
    Map<Object, Handshake> those = silent.isEmpty() ? speaking : silent;
    Iterator<Handshake> oldestFirst = those.values().iterator();
    Handshake eldest = oldestFirst.next();
    oldestFirst.remove();
    return Optional.of(eldest);
  }

  private void pushOut(Handshake eldest) {
    refuse(eldest.source(), Optional.empty(), ConnectionCap.HANDSHAKES);
    eldest.close().run();
  }

  private void refuse(Source source, Optional<SpiffeId> peer, ConnectionCap cap) {
    counters.refused();
    door.refusals().overCap(source, peer, cap);
  }

  /** Notes that the peer of {@code id} has said its first word. */
  void spoke(Object id) {
    synchronized (lock) {
      Handshake handshake = silent.remove(id);
      if (handshake != null) {
        speaking.put(id, handshake);
      }
    }
  }

  /** Notes that the handshake of {@code id} is over. */
  void ready(Object id) {
    synchronized (lock) {
      var unused = withoutHandshake(id);
    }
  }

  /** Returns whether it was in its handshake. */
  private boolean withoutHandshake(Object id) {
    boolean wasSilent = silent.remove(id) != null;
    return speaking.remove(id) != null || wasSilent;
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
      if (withoutHandshake(id)) {
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
      Source source = Optional.ofNullable(attributes.get(Source.KEY)).orElse(Source.UNKNOWN);
      refuse(source, id, ConnectionCap.OF_RUN);
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
