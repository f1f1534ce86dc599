package dev.tenon.sdk;

import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Connection;
import dev.tenon.transport.Peer;
import io.grpc.Attributes;
import io.grpc.ServerTransportFilter;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Looks at each connection to the plugin's server once more: the handshake trusts the authorities
 * of hosts and of plugins alike, and here each is held to its own. Plugins that are let in are
 * counted. Thread-safe.
 */
final class DirectConnections extends ServerTransportFilter {
  /** The most connections of one caller; it needs one, and a second while they change over. */
  static final int MAX_OF_A_CALLER = 4;

  /** The most of all callers. */
  static final int MAX_IN_TOTAL = 1_000;

  /** Marks a connection that is nobody's, until its end: no call of it is served. */
  static final Attributes.Key<Boolean> REFUSED = Attributes.Key.create("dev.tenon.direct-refused");

  private final SpiffeId.OfHost host;
  private final Supplier<List<X509Certificate>> hostAuthorities;
  private final Supplier<DirectTold> told;
  private final InstantSource clock;
  private final Set<DirectConnection> open = ConcurrentHashMap.newKeySet();

  DirectConnections(
      SpiffeId.OfHost host,
      Supplier<List<X509Certificate>> hostAuthorities,
      Supplier<DirectTold> told,
      InstantSource clock) {
    this.host = host;
    this.hostAuthorities = hostAuthorities;
    this.told = told;
    this.clock = clock;
  }

  @Override
  public Attributes transportReady(Attributes transport) {
    Connection connection = transport.get(Connection.KEY);
    Peer peer = transport.get(Peer.KEY);
    SpiffeId id = peer == null ? null : peer.id().orElse(null);
    if (connection == null || id == null) {
      return transport;
    }
    if (id.equals(host)) {
      return isIssuedBy(hostAuthorities.get(), connection.peerChain())
          ? transport
          : refused(transport, connection);
    }
    if (!(id instanceof SpiffeId.OfPlugin caller)) {
      return refused(transport, connection);
    }
    DirectConnection made = new DirectConnection(caller, connection);
    open.add(made); // before it is looked at: what changes meanwhile is seen here, or sees it
    if (!isStillGood(made) || isOneTooMany(caller)) {
      open.remove(made);
      return refused(transport, connection);
    }
    return transport.toBuilder().set(DirectConnection.KEY, made).build();
  }

  private static Attributes refused(Attributes transport, Connection connection) {
    connection.closeNow();
    return transport.toBuilder().set(REFUSED, true).build();
  }

  private boolean isOneTooMany(SpiffeId.OfPlugin caller) {
    return open.size() > MAX_IN_TOTAL
        || open.stream().filter(each -> each.caller().equals(caller)).count() > MAX_OF_A_CALLER;
  }

  private boolean isStillGood(DirectConnection connection) {
    DirectTold now = told.get();
    return now.isServed()
        && connection.caller().host().equals(host)
        && isIssuedBy(now.callerAuthorities(), connection.chain());
  }

  /** Returns whether {@code chain}, leaf first, leads to one of {@code authorities}. */
  private boolean isIssuedBy(List<X509Certificate> authorities, List<X509Certificate> chain) {
    try {
      PKIXParameters parameters =
          new PKIXParameters(
              authorities.stream()
                  .map(each -> new TrustAnchor(each, null))
                  .collect(Collectors.toSet()));
      parameters.setRevocationEnabled(false); // The host ends introductions of whom it revokes.
      parameters.setDate(Date.from(clock.instant()));
      CertPathValidator.getInstance("PKIX")
          .validate(CertificateFactory.getInstance("X.509").generateCertPath(chain), parameters);
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** {@code transport} is null for a connection that ended in its handshake. */
  @Override
  public void transportTerminated(@Nullable Attributes transport) {
    DirectConnection ended = transport == null ? null : transport.get(DirectConnection.KEY);
    if (ended != null) {
      open.remove(ended);
    }
  }

  /** Ends those that would not be let in now. */
  void recheck() {
    open.stream().filter(each -> !isStillGood(each)).forEach(DirectConnection::end);
  }
}
