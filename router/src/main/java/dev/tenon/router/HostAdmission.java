package dev.tenon.router;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.core.Identity;
import dev.tenon.core.RefusedException;
import dev.tenon.core.SpiffeId;
import dev.tenon.router.relay.WireCall;
import dev.tenon.transport.Connection;
import dev.tenon.transport.Peer;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.ServerTransportFilter;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Lets the calls of other hosts in, on a listener of their own: the connection's certificate says
 * which host calls, {@link Hosts} whether it may, and {@code tenon-caller} which of its plugins; a
 * host is believed about its own alone. There is no token: a host has no lineage here, and is asked
 * about at every call instead. Thread-safe; takes no lock.
 *
 * <p>Whatever is missing or wrong, the other host gets one status with one text; the audit log gets
 * the reason.
 */
public final class HostAdmission extends ServerTransportFilter {
  /** Why the connection's calls are refused; empty if they are not. */
  private static final Attributes.Key<Optional<Why>> REFUSED =
      Attributes.Key.create("dev.tenon.host-refused");

  /** How long a connection that is refused lives; its calls are told why there is no use. */
  private static final Duration REFUSED_LIFE = Duration.ofMillis(500);

  /** Longest delay of the timer that ends a connection when its certificate does. */
  private static final Duration LONGEST = Duration.ofDays(30);

  /*
   * A connection is in `open` before it is decided, and what `hosts` says changes before `recheck` looks
   * through `open`: so a connection that is made meanwhile is refused, or is seen there.
   */
  private final Map<Connection, SpiffeId.OfHost> open = new ConcurrentHashMap<>();
  private final Hosts hosts;
  private final CallAudit audit;
  private final InstantSource clock;

  /** Which connections others are to be made for; seen as what {@code hosts} says is. */
  private volatile Predicate<Connection> outdated = connection -> false;

  /** Which hosts may relay calls here. Must be thread-safe and not block. */
  public interface Hosts {
    /** Returns why the host that is at the other end of {@code connection} may not, if so. */
    Optional<Why> refusal(SpiffeId.OfHost host, Connection connection);

    /** Returns why {@code host}, with this certificate, may not any more; asked for each call. */
    Optional<Why> refusal(SpiffeId.OfHost host, X509Certificate leaf);

    /** Notes that a connection was refused. */
    void refused(Optional<SpiffeId.OfHost> host, Why why, Attributes connection);
  }

  /** Makes the admission of {@code hosts}. */
  public HostAdmission(Hosts hosts, AuditLog audit, InstantSource clock) {
    this.hosts = requireNonNull(hosts, "hosts");
    this.audit = new CallAudit(requireNonNull(audit, "audit"), requireNonNull(clock, "clock"));
    this.clock = clock;
  }

  @Override
  public Attributes transportReady(Attributes attributes) {
    Optional<Connection> connection = Optional.ofNullable(attributes.get(Connection.KEY));
    Optional<Peer> peer = Optional.ofNullable(attributes.get(Peer.KEY));
    Optional<SpiffeId.OfHost> host = peer.flatMap(HostAdmission::host);
    Optional<Why> refused = Optional.of(Why.MISSING);
    if (connection.isPresent() && host.isPresent()) {
      open.put(connection.get(), host.get());
      refused = hosts.refusal(host.get(), connection.get());
    }
    if (refused.isPresent()) {
      connection.ifPresent(made -> made.closeAfter(REFUSED_LIFE));
      hosts.refused(host, refused.get(), attributes);
    } else {
      endWithCertificate(connection.orElseThrow(), peer.orElseThrow());
      if (outdated.test(connection.get())) {
        connection.get().retire();
      }
    }
    return KnownConnection.addTo(attributes.toBuilder().set(REFUSED, refused).build());
  }

  private void endWithCertificate(Connection connection, Peer peer) {
    Duration left =
        Duration.between(
            clock.instant(), peer.certificate().orElseThrow().getNotAfter().toInstant());
    if (left.compareTo(LONGEST) < 0) {
      connection.closeAfter(left.isNegative() ? Duration.ZERO : left);
    }
  }

  @Override
  public void transportTerminated(@Nullable Attributes attributes) {
    if (attributes != null) {
      Optional.ofNullable(attributes.get(Connection.KEY)).ifPresent(open::remove);
    }
  }

  /** Ends the connections of hosts that may not relay here any more. Returns at once. */
  public void recheck() {
    open.forEach(
        (connection, host) -> {
          if (hosts.refusal(host, connection).isPresent()) {
            connection.close();
          }
        });
  }

  /**
   * Lets hosts make other connections for those that are {@code outdated}, now and from now on:
   * what is open there runs on. Returns at once.
   */
  public void retire(Predicate<Connection> outdated) {
    this.outdated = requireNonNull(outdated, "outdated");
    open.keySet().stream().filter(outdated).forEach(Connection::retire);
  }

  /** Ends the connections that {@link #retire} was told are outdated. Returns at once. */
  public void endRetired() {
    open.keySet().stream().filter(outdated).forEach(Connection::close);
  }

  private static Optional<SpiffeId.OfHost> host(Peer peer) {
    return peer.id().filter(SpiffeId.OfHost.class::isInstance).map(SpiffeId.OfHost.class::cast);
  }

  /**
   * Returns who makes {@code call}, which came as frames.
   *
   * @throws RefusedException if that is not proved; the audit log knows, or is the reason
   */
  KnownCaller admit(WireCall call, KnownConnection from) throws RefusedException {
    Optional<SpiffeId.OfHost> host = from.peer().flatMap(HostAdmission::host);
    try {
      verify(call.connection(), from.peer(), host);
      String stamp = stamp(call.asked());
      KnownCaller known = from.behind(stamp);
      return known == null
          ? from.put(stamp, new KnownCaller(caller(host.orElseThrow(), stamp)))
          : known;
    } catch (NotAuthenticatedException refused) {
      throw recorded(host, refused);
    }
  }

  private void verify(Attributes connection, Optional<Peer> peer, Optional<SpiffeId.OfHost> host)
      throws NotAuthenticatedException {
    Optional<Why> refused = connection.get(REFUSED);
    if (refused == null || host.isEmpty()) {
      throw new NotAuthenticatedException(Why.MISSING);
    }
    X509Certificate leaf = peer.flatMap(Peer::certificate).orElseThrow();
    if (refused.isEmpty()) {
      refused =
          clock.instant().isAfter(leaf.getNotAfter().toInstant())
              ? Optional.of(Why.EXPIRED)
              : hosts.refusal(host.get(), leaf);
    }
    if (refused.isPresent()) {
      throw new NotAuthenticatedException(refused.get());
    }
  }

  private static String stamp(Metadata headers) throws NotAuthenticatedException {
    Iterable<String> stamps = headers.getAll(MetadataRules.CALLER);
    if (stamps == null) {
      throw new NotAuthenticatedException(Why.MISSING);
    }
    Iterator<String> all = stamps.iterator();
    String stamp = all.next();
    if (all.hasNext()) {
      throw new NotAuthenticatedException(Why.DUPLICATE);
    }
    return stamp;
  }

  /** Reads for whom {@code host} calls: for itself, or for a plugin below its own identity. */
  private static Identity caller(SpiffeId.OfHost host, String stamp)
      throws NotAuthenticatedException {
    SpiffeId id;
    try {
      id = SpiffeId.parse(stamp);
    } catch (IllegalArgumentException e) {
      throw new NotAuthenticatedException(Why.MALFORMED);
    }
    if (!id.ofHost().equals(host) || id instanceof SpiffeId.OfAdmin) {
      throw new NotAuthenticatedException(Why.FOREIGN);
    }
    return new Identity(id, Identity.Evidence.OTHER_HOST);
  }

  private RefusedException recorded(
      Optional<SpiffeId.OfHost> host, NotAuthenticatedException refused) {
    try {
      audit.notAuthenticated(host.map(SpiffeId.OfHost::nameBehind).orElse(null), refused);
      return refused;
    } catch (AuditFailedException e) {
      return e;
    }
  }
}
