package dev.tenon.auth.issue;

import dev.tenon.core.SpiffeId;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * The check after issuing: reads a chain again as a peer will, and compares it with what was asked
 * for, so that an issuer that drops or changes something is noticed before anybody holds its
 * certificate.
 */
final class IssuedCertificate {
  /** Types of a GeneralName (RFC 5280, section 4.2.1.6). */
  private static final int DNS_NAME = 2;

  private static final int URI = 6;

  /** Bits of keyUsage (RFC 5280, section 4.2.1.3). */
  private static final int DIGITAL_SIGNATURE = 0;

  private static final int KEY_CERT_SIGN = 5;
  private static final int CRL_SIGN = 6;

  /** serverAuth and clientAuth (RFC 5280, section 4.2.1.12). */
  private static final Set<String> PURPOSES = Set.of("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");

  /** The longest life of a leaf: no token lives longer, and plugins renew at half of it. */
  private static final Duration MAX_LIFE = Duration.ofHours(24);

  /** How far before its issue a certificate may begin, and beyond its life end. */
  private static final Duration MAX_SKEW = Duration.ofMinutes(10);

  private IssuedCertificate() {}

  /**
   * Returns {@code chain}, parsed again.
   *
   * @throws IssueFailedException if its leaf is not for {@code id} and {@code key} alone, may sign
   *     certificates, cannot serve both ends of a connection, lives too long, lacks one of {@code
   *     extensions} or has another value for it, or the chain does not lead to {@code trustBundle}
   *     at {@code now}
   */
  static List<X509Certificate> check(
      SpiffeId id,
      PublicKey key,
      List<X509Certificate> chain,
      List<X509Certificate> trustBundle,
      List<CertificateExtension> extensions,
      Instant now)
      throws IssueFailedException {
    try {
      List<X509Certificate> parsed = parseAgain(chain);
      checkLeaf(id, key, parsed.get(0));
      checkLife(parsed.get(0));
      checkExtensions(extensions, parsed.get(0));
      TrustPath.check(parsed, trustBundle, now);
      return parsed;
    } catch (GeneralSecurityException | IOException | RuntimeException e) {
      throw new IssueFailedException("issued certificate of " + id + ": refused", e);
    }
  }

  private static List<X509Certificate> parseAgain(List<X509Certificate> chain)
      throws CertificateException {
    require(!chain.isEmpty(), "chain: empty (expected: leaf first)");
    CertificateFactory x509 = CertificateFactory.getInstance("X.509");
    List<X509Certificate> parsed = new ArrayList<>();
    for (X509Certificate certificate : chain) {
      byte[] der = certificate.getEncoded();
      parsed.add((X509Certificate) x509.generateCertificate(new ByteArrayInputStream(der)));
    }
    return List.copyOf(parsed);
  }

  private static void checkLeaf(SpiffeId id, PublicKey key, X509Certificate leaf)
      throws CertificateException {
    require(
        names(leaf, URI).equals(List.of(id.toString())),
        "URI names: " + names(leaf, URI) + " (expected: " + id + " alone)");
    String dnsName = Role.of(id).dnsName();
    Collection<List<?>> all = leaf.getSubjectAlternativeNames();
    require(all != null && all.size() == 2, "names (expected: one URI, one DNS name)");
    require(
        names(leaf, DNS_NAME).equals(List.of(dnsName)),
        "DNS names: " + names(leaf, DNS_NAME) + " (expected: " + dnsName + " alone)");
    require(
        Arrays.equals(leaf.getPublicKey().getEncoded(), key.getEncoded()),
        "key (expected: the one of the request)");
    require(leaf.getBasicConstraints() < 0, "basicConstraints: CA (expected: not a CA)");
    boolean[] usage = leaf.getKeyUsage();
    require(
        usage != null && usage[DIGITAL_SIGNATURE] && !usage[KEY_CERT_SIGN] && !usage[CRL_SIGN],
        "keyUsage: " + Arrays.toString(usage) + " (expected: digitalSignature, no signing)");
    List<String> purposes = leaf.getExtendedKeyUsage();
    require(
        purposes != null && Set.copyOf(purposes).equals(PURPOSES),
        "extendedKeyUsage: " + purposes + " (expected: serverAuth and clientAuth)");
  }

  private static void checkLife(X509Certificate leaf) throws CertificateException {
    Duration life =
        Duration.between(leaf.getNotBefore().toInstant(), leaf.getNotAfter().toInstant());
    require(
        life.compareTo(MAX_LIFE.plus(MAX_SKEW)) <= 0,
        "life: " + life + " (expected: at most " + MAX_LIFE + ")");
  }

  private static void checkExtensions(List<CertificateExtension> expected, X509Certificate leaf)
      throws CertificateException, IOException {
    for (CertificateExtension extension : expected) {
      require(
          extension.isIn(leaf),
          "extension " + extension.oid() + " (expected: as it was asked for)");
    }
  }

  private static List<String> names(X509Certificate leaf, int type) throws CertificateException {
    Collection<List<?>> all = leaf.getSubjectAlternativeNames();
    return all == null
        ? List.of()
        : all.stream()
            .filter(name -> name.get(0).equals(type))
            .map(name -> String.valueOf(name.get(1)))
            .toList();
  }

  private static void require(boolean condition, String gotAndExpected)
      throws CertificateException {
    if (!condition) {
      throw new CertificateException(gotAndExpected);
    }
  }
}
