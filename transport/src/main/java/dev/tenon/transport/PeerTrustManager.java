package dev.tenon.transport;

import dev.tenon.core.SpiffeId;
import dev.tenon.transport.PeerCheck.Purpose;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECKey;
import java.security.interfaces.EdECKey;
import java.security.interfaces.RSAKey;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * The trust check of one connection: the chain must lead to the trust bundle (RFC 5280, section 6),
 * and its first certificate must pass the {@link PeerCheck}. One is made for every connection, so
 * nothing of an earlier check or an earlier bundle is remembered.
 *
 * <p>The chain is checked by the JDK in its two-argument form, which knows no socket and therefore
 * does not compare names with {@code :authority}; the DNS name is compared here instead.
 */
final class PeerTrustManager extends X509ExtendedTrustManager {
  /** Longest chain, as presented; the JDK's own limit is on what it builds from it. */
  private static final int MAX_CHAIN_LENGTH = 5;

  private static final Set<String> SIGNATURES =
      Set.of(
          "SHA256withECDSA",
          "SHA384withECDSA",
          "SHA512withECDSA",
          "SHA256withRSA",
          "SHA384withRSA",
          "SHA512withRSA",
          "RSASSA-PSS",
          "Ed25519",
          "EdDSA");

  /** As RFC 9325, section 4.2, asks for; the JDK still takes RSA with 1024 bits. */
  private static final int MIN_RSA_BITS = 2048;

  private static final int MIN_CURVE_BITS = 256;

  private final X509TrustManager pkix;
  private final int maxBetween;
  private final PeerCheck check;
  private final Predicate<List<X509Certificate>> admitted;
  private final Runnable ran;
  private final Consumer<HandshakeFault> faults;

  /**
   * @param ran told each time that a check begins
   * @param faults told why a peer was refused
   */
  PeerTrustManager(
      List<X509Certificate> trustBundle,
      PeerCheck check,
      Runnable ran,
      Consumer<HandshakeFault> faults) {
    this(trustBundle, check, all -> true, ran, faults);
  }

  /**
   * @param admitted asked last, whether a peer with this chain may be talked to
   */
  PeerTrustManager(
      List<X509Certificate> trustBundle,
      PeerCheck check,
      Predicate<List<X509Certificate>> admitted,
      Runnable ran,
      Consumer<HandshakeFault> faults) {
    this.pkix = pkix(trustBundle, Date.from(check.clock().instant()));
    this.maxBetween =
        Math.max(
            0, trustBundle.stream().mapToInt(X509Certificate::getBasicConstraints).max().orElse(0));
    this.check = check;
    this.admitted = admitted;
    this.ran = ran;
    this.faults = faults;
  }

  private static X509TrustManager pkix(List<X509Certificate> trustBundle, Date now) {
    Set<TrustAnchor> anchors =
        trustBundle.stream()
            .map(certificate -> new TrustAnchor(certificate, null))
            .collect(Collectors.toSet());
    try {
      PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, new X509CertSelector());
      parameters.setRevocationEnabled(false); // Revocation is the lineage's, asked at every call.
      parameters.setDate(now);
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(new CertPathTrustManagerParameters(parameters));
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509TrustManager pkix) {
          return pkix;
        }
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("trust bundle: unusable", e);
    }
    throw new AssertionError("every JDK has a PKIX trust manager");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    verify(Purpose.CLIENT, chain, authType);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    verify(Purpose.CLIENT, chain, authType);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    verify(Purpose.CLIENT, chain, authType);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    verify(Purpose.SERVER, chain, authType);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    verify(Purpose.SERVER, chain, authType);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    verify(Purpose.SERVER, chain, authType);
  }

  /** Returns none: a peer need not be told whom we trust. */
  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }

  private void verify(Purpose purpose, X509Certificate[] chain, String authType)
      throws CertificateException {
    ran.run();
    HandshakeFault step = HandshakeFault.UNFIT;
    try {
      checkForm(purpose, chain);
      step = isSelfSigned(chain[0]) ? HandshakeFault.SELF_SIGNED : HandshakeFault.UNTRUSTED;
      checkPath(purpose, chain, authType);
      step = HandshakeFault.UNFIT;
      SpiffeId id = check.verify(chain[0]);
      if (!admitted.test(List.of(chain))) {
        throw new CertificateException(id + " may not use this certificate any more");
      }
    } catch (CertificateException e) {
      faults.accept(step.because(e));
      throw e;
    }
  }

  private void checkForm(Purpose purpose, X509Certificate[] chain) throws CertificateException {
    if (purpose != check.purpose()) {
      throw new CertificateException(
          "peer: checked as " + purpose + " (expected: " + check.purpose() + ")");
    }
    if (chain.length == 0 || chain.length > MAX_CHAIN_LENGTH) {
      throw new CertificateException(
          "chain: " + chain.length + " certificates (expected: 1 to " + MAX_CHAIN_LENGTH + ")");
    }
    for (X509Certificate certificate : chain) {
      if (!SIGNATURES.contains(certificate.getSigAlgName())) {
        throw new CertificateException(
            "signature: " + certificate.getSigAlgName() + " (expected: SHA-256 or better)");
      }
      if (!isStrong(certificate.getPublicKey())) {
        throw new CertificateException(
            "key: "
                + certificate.getPublicKey().getAlgorithm()
                + " (expected: a curve of 256 bits, Ed25519, or RSA with 2048 bits, or better)");
      }
    }
    checkPathLength(chain);
  }

  private void checkPath(Purpose purpose, X509Certificate[] chain, String authType)
      throws CertificateException {
    switch (purpose) {
      case CLIENT -> pkix.checkClientTrusted(chain, authType);
      case SERVER -> pkix.checkServerTrusted(chain, authType);
    }
  }

  private static boolean isSelfSigned(X509Certificate leaf) {
    return leaf.getIssuerX500Principal().equals(leaf.getSubjectX500Principal());
  }

  private static boolean isStrong(PublicKey key) {
    if (key instanceof RSAKey rsa) {
      return rsa.getModulus().bitLength() >= MIN_RSA_BITS;
    }
    if (key instanceof ECKey ec) {
      return ec.getParams().getCurve().getField().getFieldSize() >= MIN_CURVE_BITS;
    }
    return key instanceof EdECKey;
  }

  /**
   * Path validation leaves out the root's own limit (RFC 5280, section 6.1: a trust anchor is not
   * part of the path); an authority that says that it issues leaves alone is taken at its word.
   */
  private void checkPathLength(X509Certificate[] chain) throws CertificateException {
    long between =
        Arrays.stream(chain)
            .skip(1)
            .filter(
                above -> !above.getSubjectX500Principal().equals(above.getIssuerX500Principal()))
            .count();
    if (between > maxBetween) {
      throw new CertificateException(
          "chain: " + between + " certificates below the root (expected: " + maxBetween + ")");
    }
  }
}
