package dev.tenon.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.issue.CertificateRequests;
import dev.tenon.core.InvalidRequestException;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;

/** What must hold for any bytes where a certificate request is expected. */
final class CertificateRequestDer {
  private CertificateRequestDer() {}

  /**
   * Verifies {@code der}: an accepted request has a key on P-256, always the same; all else is
   * refused with a harmless message, and with no other exception.
   *
   * @return whether it was accepted
   */
  static boolean check(byte[] der) throws InvalidRequestException {
    PublicKey key;
    try {
      key = CertificateRequests.verify(der.clone());
    } catch (InvalidRequestException refusal) {
      Refusal.assertOneLine(refusal);
      return false;
    }
    assertThat(key).isInstanceOf(ECPublicKey.class).isEqualTo(CertificateRequests.verify(der));
    assertThat(((ECPublicKey) key).getParams().getOrder().bitLength()).isEqualTo(256);
    assertThat(der).hasSizeLessThanOrEqualTo(CertificateRequests.MAX_BYTES);
    return true;
  }
}
