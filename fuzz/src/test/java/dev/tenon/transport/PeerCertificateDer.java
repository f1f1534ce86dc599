package dev.tenon.transport;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import java.io.ByteArrayInputStream;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/** What must hold for any bytes where the certificate of a peer is expected. */
public final class PeerCertificateDer {
  /** Within the life of the seeds. */
  private static final Instant NOW = Instant.parse("2026-11-29T12:30:00Z");

  private static final PeerCheck CLIENT =
      new PeerCheck(
          id -> id instanceof SpiffeId.OfPlugin,
          PeerCheck.Purpose.CLIENT,
          Optional.empty(),
          InstantSource.fixed(NOW));

  /** Trusts an authority that has issued nothing. */
  private static final PeerTrustManager CHAIN =
      new PeerTrustManager(
          EmbeddedAuthority.create(
                  new TrustDomain("other.internal"),
                  Role.PLUGIN,
                  InstantSource.fixed(NOW),
                  new SecureRandom())
              .trustBundle(),
          CLIENT,
          () -> {},
          fault -> {});

  private PeerCertificateDer() {}

  /**
   * Reads {@code der} as a TLS library would and looks for the identity in it: it is one that the
   * rule accepts, and its text is in the certificate, byte for byte; all else is refused, and with
   * no other exception, by the check of one certificate and by that of a chain.
   *
   * @return whether it was accepted
   */
  public static boolean check(byte[] der) {
    X509Certificate leaf;
    try {
      leaf =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException refusal) {
      return false;
    }
    assertThatThrownBy(() -> CHAIN.checkClientTrusted(new X509Certificate[] {leaf}, "UNKNOWN"))
        .isInstanceOf(CertificateException.class);
    SpiffeId id;
    try {
      id = CLIENT.verify(leaf);
    } catch (CertificateException refusal) {
      assertThat(String.valueOf(refusal.getMessage())).hasSizeLessThan(2000);
      return false;
    }
    assertThat(id).isInstanceOf(SpiffeId.OfPlugin.class);
    assertThat(new String(der, ISO_8859_1)).contains(id.toString());
    return true;
  }
}
