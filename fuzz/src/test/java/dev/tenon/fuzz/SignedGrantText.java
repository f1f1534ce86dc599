package dev.tenon.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.SignedGrant;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Optional;

/** What must hold for any text where a signed grant is expected. */
final class SignedGrantText {
  private static final KeyPair KEYS = newKeys();

  private SignedGrantText() {}

  private static KeyPair newKeys() {
    try {
      return KeyPairGenerator.getInstance(SignedGrant.ALGORITHM).generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has Ed25519", e);
    }
  }

  /**
   * Parses {@code bytes}: what is accepted has that text alone, and no signature of ours; once
   * signed by us it is read back, and believed by our key.
   *
   * @return whether it was accepted
   */
  static boolean check(byte[] bytes) throws GeneralSecurityException {
    String text = new String(bytes, UTF_8);
    Optional<SignedGrant> shown = SignedGrant.parse(text);
    if (shown.isEmpty()) {
      return false;
    }
    SignedGrant grant = shown.get();
    assertThat(text).hasSizeLessThanOrEqualTo(SignedGrant.MAX_LENGTH).matches("[\\w-]+\\.[\\w-]+");
    assertThat(grant.text()).isEqualTo(text);
    assertThat(grant.grant()).isNotEmpty();
    assertThat(grant.toString()).doesNotContain(text);
    assertThat(grant.isSignedWith(KEYS.getPublic())).isFalse();

    SignedGrant ours = SignedGrant.sign(grant.grant(), KEYS.getPrivate());
    assertThat(ours.text().indexOf('.')).isEqualTo(text.indexOf('.'));
    SignedGrant read = SignedGrant.parse(ours.text()).orElseThrow();
    assertThat(read.grant()).isEqualTo(grant.grant());
    assertThat(read.isSignedWith(KEYS.getPublic())).isTrue();
    return true;
  }
}
