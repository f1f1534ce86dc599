package dev.tenon.router.relay;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Peer;
import io.grpc.Attributes;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;

/**
 * Plugins that flood: nothing is read of the connections that they make next, for a while. A flood
 * is over in some milliseconds, and a client that comes back at once would begin the next. Who left
 * before it was cut off waits in proportion, so that it gains nothing by that; but who did less
 * than a tenth of it, and cost less than a handshake does, not at all. Thread-safe.
 *
 * <p>They are known by the keys of their certificates, which they have proved, and not by what
 * these say: so who has an old key of a plugin's does not keep that plugin out. Another host is not
 * kept out, for many call through it; nor is who has no certificate, as there is nothing to know it
 * by.
 */
final class KeptOut {
  /** How long from the end of a connection that was cut off. */
  static final Duration TIME = Duration.ofSeconds(1);

  /** Then one connection is read, and another so much later, unless the first one floods again. */
  static final Duration APART = Duration.ofMillis(50);

  /** How much of a flood, in percent, is none. */
  static final int LEAST_PERCENT = 10;

  private final ConcurrentMap<PublicKey, Long> until = new ConcurrentHashMap<>();
  private final LongSupplier nanoTime;

  KeptOut(LongSupplier nanoTime) {
    this.nanoTime = requireNonNull(nanoTime, "nanoTime");
  }

  /**
   * Notes that the connection with these attributes is over, on which its client has used so much
   * of what would have been a flood; 100 if it was cut off.
   */
  void add(Attributes connection, int usedPercent) {
    if (usedPercent < LEAST_PERCENT) {
      return;
    }
    long now = nanoTime.getAsLong();
    until.values().removeIf(end -> isForgotten(end, now));
    long end = now + TIME.toNanos() / 100 * usedPercent;
    key(connection).ifPresent(known -> until.merge(known, end, (a, b) -> a - b > 0 ? a : b));
  }

  /**
   * Returns for how long nothing is to be read of the connection with these attributes; if 0, it is
   * this one's turn.
   */
  Duration heldFor(Attributes connection) {
    return until.isEmpty()
        ? Duration.ZERO
        : key(connection).map(this::takeTurn).orElse(Duration.ZERO);
  }

  private Duration takeTurn(PublicKey known) {
    while (true) {
      long now = nanoTime.getAsLong();
      Long end = until.get(known);
      if (end == null) {
        return Duration.ZERO;
      }
      if (end - now > 0) {
        return Duration.ofNanos(end - now);
      }
      if (isForgotten(end, now)
          ? until.remove(known, end)
          : until.replace(known, end, now + APART.toNanos())) {
        return Duration.ZERO;
      }
    }
  }

  private static boolean isForgotten(long end, long now) {
    return now - end >= TIME.toNanos();
  }

  private static Optional<PublicKey> key(Attributes connection) {
    return Optional.ofNullable(connection.get(Peer.KEY))
        .filter(peer -> peer.id().filter(SpiffeId.OfPlugin.class::isInstance).isPresent())
        .flatMap(Peer::certificate)
        .map(X509Certificate::getPublicKey);
  }
}
