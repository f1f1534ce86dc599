package dev.tenon.router.relay;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Peer;
import io.grpc.Attributes;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;

/**
 * Plugins that were cut off for what they cost: nothing is read of the connections that they make
 * next, for a while. A flood is over in some milliseconds, and a client that comes back at once
 * would begin the next. Thread-safe.
 *
 * <p>They are known by their certificates, which they have proved, and not by what these say: so
 * who has an old one of a plugin's does not keep that plugin out. Another host is not kept out, for
 * many call through it; nor is who has no certificate, as there is nothing to know it by.
 */
final class KeptOut {
  /** How long from the end of the connection that was cut off. */
  static final Duration TIME = Duration.ofSeconds(1);

  private final ConcurrentMap<X509Certificate, Long> since = new ConcurrentHashMap<>();
  private final LongSupplier nanoTime;

  KeptOut(LongSupplier nanoTime) {
    this.nanoTime = requireNonNull(nanoTime, "nanoTime");
  }

  /** Notes that the connection with these attributes was cut off. */
  void add(Attributes connection) {
    long now = nanoTime.getAsLong();
    since.values().removeIf(then -> now - then >= TIME.toNanos());
    certificate(connection).ifPresent(known -> since.put(known, now));
  }

  /** Returns for how long nothing is to be read of the connection with these attributes. */
  Duration heldFor(Attributes connection) {
    if (since.isEmpty()) {
      return Duration.ZERO;
    }
    return certificate(connection)
        .map(since::get)
        .map(then -> TIME.minusNanos(nanoTime.getAsLong() - then))
        .filter(left -> !left.isNegative())
        .orElse(Duration.ZERO);
  }

  private static Optional<X509Certificate> certificate(Attributes connection) {
    return Optional.ofNullable(connection.get(Peer.KEY))
        .filter(peer -> peer.id().filter(SpiffeId.OfPlugin.class::isInstance).isPresent())
        .flatMap(Peer::certificate);
  }
}
