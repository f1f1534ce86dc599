package dev.tenon.transport;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ServerTransportFilter;
import java.io.ByteArrayInputStream;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Reads the {@link Peer} of each accepted connection from its finished TLS session, and checks the
 * certificate again: should a session ever be finished without the trust check, its calls are those
 * of nobody. Thread-safe.
 */
final class PeerFilter extends ServerTransportFilter {
  private static final AtomicLong CONNECTIONS = new AtomicLong();
  private static final RareLog LOG = RareLog.of(PeerFilter.class);

  private final Optional<PeerCheck> check;

  /**
   * @param check what a client's certificate must be; empty where clients have none
   */
  PeerFilter(Optional<PeerCheck> check) {
    this.check = check;
  }

  @Override
  public Attributes transportReady(Attributes attributes) {
    Optional<PeerProcess> process = Optional.ofNullable(attributes.get(Negotiation.PROCESS));
    return attributes.toBuilder().set(Peer.KEY, peer(session(attributes), process)).build();
  }

  private static Optional<SSLSession> session(Attributes attributes) {
    return Optional.ofNullable(attributes.get(Grpc.TRANSPORT_ATTR_SSL_SESSION));
  }

  private Peer peer(Optional<SSLSession> session, Optional<PeerProcess> process) {
    long connection = CONNECTIONS.incrementAndGet();
    if (check.isPresent() && session.isPresent()) {
      try {
        X509Certificate leaf = leaf(session.get());
        return new Peer(
            Optional.of(check.get().verify(leaf)), Optional.of(leaf), process, connection);
      } catch (CertificateException | SSLPeerUnverifiedException e) {
        LOG.warn("connection " + connection + " has no identity: " + e.getMessage());
      }
    }
    return new Peer(Optional.empty(), Optional.empty(), process, connection);
  }

  /**
   * Parses the leaf anew, so that what later readers hold is the JDK's and outlives the session.
   */
  private static X509Certificate leaf(SSLSession session)
      throws CertificateException, SSLPeerUnverifiedException {
    Certificate leaf = session.getPeerCertificates()[0];
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(leaf.getEncoded()));
  }
}
