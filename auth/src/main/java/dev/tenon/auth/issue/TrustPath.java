package dev.tenon.auth.issue;

import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The way from a leaf to a root that is trusted (RFC 5280, section 6). */
public final class TrustPath {
  private TrustPath() {}

  /**
   * Returns whether {@code chain}, leaf first and without its root, leads to one of {@code roots}
   * while its leaf is valid; whether that is now is not asked.
   */
  public static boolean leads(List<X509Certificate> chain, List<X509Certificate> roots) {
    if (chain.isEmpty()) {
      return false;
    }
    try {
      check(chain, roots, chain.get(0).getNotAfter().toInstant());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /**
   * Checks that {@code chain} leads to one of {@code roots} at {@code when}.
   *
   * @throws GeneralSecurityException if it does not
   */
  static void check(List<X509Certificate> chain, List<X509Certificate> roots, Instant when)
      throws GeneralSecurityException {
    Set<TrustAnchor> anchors = new HashSet<>();
    roots.forEach(root -> anchors.add(new TrustAnchor(root, null)));
    PKIXParameters parameters = new PKIXParameters(anchors);
    parameters.setRevocationEnabled(false); // nobody can have revoked what nobody has seen
    parameters.setDate(Date.from(when));
    CertificateFactory x509 = CertificateFactory.getInstance("X.509");
    CertPathValidator.getInstance("PKIX").validate(x509.generateCertPath(chain), parameters);
  }
}
