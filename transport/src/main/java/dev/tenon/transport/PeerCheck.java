package dev.tenon.transport;

import dev.tenon.core.SpiffeId;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a peer's own certificate must be, beside being issued by someone we trust. Asked twice: in
 * the handshake, and of the finished session when a connection is admitted.
 *
 * <p>The rules are those of X.509-SVID, sections 4 and 5.2, made strict: what is optional there is
 * required here, since Tenon issues for itself.
 *
 * @param rule which identities are right
 * @param purpose what the certificate must be for
 * @param dnsName which DNS name it must carry
 * @param clock tells whether it is valid now
 */
record PeerCheck(PeerRule rule, Purpose purpose, Optional<String> dnsName, InstantSource clock) {
  /** What a peer does on the connection; the constant's value is the extended key usage for it. */
  enum Purpose {
    /** The peer is a server: {@code id-kp-serverAuth} (RFC 5280, section 4.2.1.12). */
    SERVER("1.3.6.1.5.5.7.3.1"),
    /** The peer is a client: {@code id-kp-clientAuth}. */
    CLIENT("1.3.6.1.5.5.7.3.2");

    private final String oid;

    Purpose(String oid) {
      this.oid = oid;
    }
  }

  // Bits of the key usage extension (RFC 5280, section 4.2.1.3).
  private static final int DIGITAL_SIGNATURE = 0;
  private static final int KEY_CERT_SIGN = 5;
  private static final int CRL_SIGN = 6;

  // Kinds of names (RFC 5280, section 4.2.1.6).
  private static final int DNS_NAME = 2;
  private static final int URI_NAME = 6;

  /**
   * Returns the identity that {@code leaf} carries. Does not look at who issued it.
   *
   * @throws CertificateException if it is not what a peer on this connection must have
   */
  SpiffeId verify(X509Certificate leaf) throws CertificateException {
    leaf.checkValidity(Date.from(clock.instant()));
    requireLeaf(leaf);
    requirePurpose(leaf);
    Names names = Names.of(leaf);
    SpiffeId id = names.id();
    if (dnsName.isPresent() && !names.dns().contains(dnsName.get())) {
      throw new CertificateException(
          "DNS names: " + Quote.of(names.dns().toString()) + " (expected: " + dnsName.get() + ")");
    }
    if (!rule.accepts(id)) {
      throw new CertificateException(id + " is not a peer of this connection");
    }
    return id;
  }

  private static void requireLeaf(X509Certificate leaf) throws CertificateException {
    if (leaf.getBasicConstraints() != -1) {
      throw new CertificateException("basic constraints: a CA (expected: a leaf)");
    }
    boolean[] usage = leaf.getKeyUsage();
    if (usage == null || !usage[DIGITAL_SIGNATURE] || usage[KEY_CERT_SIGN] || usage[CRL_SIGN]) {
      throw new CertificateException(
          "key usage: missing or wrong (expected: digitalSignature, and neither keyCertSign nor"
              + " cRLSign)");
    }
  }

  private void requirePurpose(X509Certificate leaf) throws CertificateException {
    List<String> purposes = leaf.getExtendedKeyUsage();
    if (purposes == null || !purposes.contains(purpose.oid)) {
      throw new CertificateException(
          "extended key usage: " + purposes + " (expected: " + purpose.oid + ")");
    }
  }

  /** The names in a certificate; no other kinds of names are accepted beside them. */
  private record Names(List<String> uris, List<String> dns) {
    static Names of(X509Certificate leaf) throws CertificateException {
      Collection<List<?>> names = names(leaf);
      if (names == null) {
        throw new CertificateException("subject alternative names: none (expected: a SPIFFE ID)");
      }
      for (List<?> name : names) {
        if (!name.get(0).equals(URI_NAME) && !name.get(0).equals(DNS_NAME)) {
          throw new CertificateException(
              "subject alternative name: of kind " + name.get(0) + " (expected: URI or DNS)");
        }
      }
      return new Names(ofKind(names, URI_NAME), ofKind(names, DNS_NAME));
    }

    /** The JDK throws a RuntimeException at an address that is a malformed network. */
    private static @Nullable Collection<List<?>> names(X509Certificate leaf)
        throws CertificateException {
      try {
        return leaf.getSubjectAlternativeNames();
      } catch (RuntimeException e) {
        throw new CertificateException(
            "subject alternative names: malformed (expected: URI or DNS)", e);
      }
    }

    private static List<String> ofKind(Collection<List<?>> names, int kind) {
      return names.stream()
          .filter(name -> name.get(0).equals(kind))
          .map(name -> (String) name.get(1))
          .toList();
    }

    SpiffeId id() throws CertificateException {
      if (uris.size() != 1) {
        throw new CertificateException("URI names: " + uris.size() + " (expected: exactly 1)");
      }
      try {
        return SpiffeId.parse(uris.get(0));
      } catch (IllegalArgumentException e) {
        throw new CertificateException(e.getMessage(), e);
      }
    }
  }
}
