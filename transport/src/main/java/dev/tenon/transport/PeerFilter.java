package dev.tenon.transport;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ServerTransportFilter;
import java.io.ByteArrayInputStream;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
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
    Optional<PeerProcess> process = Optional.ofNullable(attributes.get(PeerProcess.KEY));
    Optional<Connection> connection = Optional.ofNullable(attributes.get(Connection.KEY));
    Peer peer = peer(session(attributes), connection, process);
    return attributes.toBuilder().set(Peer.KEY, peer).build();
  }

  private static Optional<SSLSession> session(Attributes attributes) {
    return Optional.ofNullable(attributes.get(Grpc.TRANSPORT_ATTR_SSL_SESSION));
  }

  private Peer peer(
      Optional<SSLSession> session,
      Optional<Connection> connection,
      Optional<PeerProcess> process) {
    long number = CONNECTIONS.incrementAndGet();
    if (check.isPresent() && session.isPresent()) {
      try {
        List<X509Certificate> chain = parsed(session.get().getPeerCertificates());
        X509Certificate leaf = chain.get(0);
        connection.ifPresent(made -> made.proved(chain));
        return new Peer(Optional.of(check.get().verify(leaf)), Optional.of(leaf), process, number);
      } catch (CertificateException | SSLPeerUnverifiedException e) {
        LOG.warn("connection " + number + " has no identity: " + e.getMessage());
      }
    }
    return new Peer(Optional.empty(), Optional.empty(), process, number);
  }

  /** Parses a chain anew, so that what later readers hold is the JDK's and outlives the session. */
  private static List<X509Certificate> parsed(Certificate[] chain) throws CertificateException {
    CertificateFactory x509 = CertificateFactory.getInstance("X.509");
    List<X509Certificate> parsed = new ArrayList<>();
    for (Certificate certificate : chain) {
      parsed.add(
          (X509Certificate)
              x509.generateCertificate(new ByteArrayInputStream(certificate.getEncoded())));
    }
    return parsed;
  }
}
