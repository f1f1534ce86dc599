package dev.tenon.core;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a grant looks like that a provider believes, and how it does not. Row: RT-24. */
class SignedGrantTest {
  private static final byte[] GRANT = "a grant".getBytes(US_ASCII);

  private KeyPair keys;

  @BeforeEach
  void makeKeys() throws GeneralSecurityException {
    keys = KeyPairGenerator.getInstance(SignedGrant.ALGORITHM).generateKeyPair();
  }

  @Test
  void parse_whatWasSigned_isSignedWithThatKeyAlone() throws GeneralSecurityException {
    SignedGrant signed = SignedGrant.sign(GRANT, keys.getPrivate());
    SignedGrant shown = SignedGrant.parse(signed.text()).orElseThrow();

    assertThat(shown.grant()).isEqualTo(GRANT);
    assertThat(shown.text()).isEqualTo(signed.text());
    assertThat(shown.isSignedWith(keys.getPublic())).isTrue();
    assertThat(
            shown.isSignedWith(
                KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPublic()))
        .isFalse();
    assertThat(shown.isSignedWith(KeyPairGenerator.getInstance("EC").generateKeyPair().getPublic()))
        .isFalse();
    assertThat(shown).hasToString("SignedGrant[7 bytes]");
  }

  /** Each character counts: with another in its place there is no grant, or no signature. */
  @Test
  void parse_anyCharacterChanged_isNotSigned() throws GeneralSecurityException {
    String text = SignedGrant.sign(GRANT, keys.getPrivate()).text();

    for (int i = 0; i < text.length(); i++) {
      char other = text.charAt(i) == 'A' ? 'B' : 'A';
      String changed = text.substring(0, i) + other + text.substring(i + 1);
      assertThat(SignedGrant.parse(changed).filter(shown -> shown.isSignedWith(keys.getPublic())))
          .as("character %s", i)
          .isEmpty();
    }
  }

  /** A signature over the same bytes, made for another purpose, is none. */
  @Test
  void isSignedWith_signatureWithoutTheDomain_isFalse() throws GeneralSecurityException {
    Signature signer = Signature.getInstance("Ed25519");
    signer.initSign(keys.getPrivate());
    signer.update(GRANT);
    Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
    String text = base64.encodeToString(GRANT) + "." + base64.encodeToString(signer.sign());

    assertThat(SignedGrant.parse(text).orElseThrow().isSignedWith(keys.getPublic())).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ".", "YQ", "YQ.", ".YQ", "YQ.YQ", "Y=.YQ", "é.YQ", "YQ.YQ.YQ", " YQ.YQ"})
  void parse_anotherForm_isEmpty(String text) {
    assertThat(SignedGrant.parse(text)).isEmpty();
  }

  /** There is one text for a grant: no padding, no other alphabet, no bits to spare, no more. */
  @Test
  void parse_otherTextForTheSameBytes_isEmpty() throws GeneralSecurityException {
    String text = SignedGrant.sign(GRANT, keys.getPrivate()).text();
    int dot = text.indexOf('.');

    assertThat(SignedGrant.parse(text + "==")).isEmpty();
    assertThat(SignedGrant.parse(text.substring(0, dot) + "=." + text.substring(dot + 1)))
        .isEmpty();
    assertThat(SignedGrant.parse(text + "," + text)).isEmpty();
    assertThat(SignedGrant.parse(text + "\n")).isEmpty();
    assertThat(SignedGrant.parse("A".repeat(SignedGrant.MAX_LENGTH) + text)).isEmpty();
    char last = text.charAt(text.length() - 1);
    String spare = text.substring(0, text.length() - 1) + (char) (last + 1);
    assertThat(SignedGrant.parse(spare).filter(shown -> shown.isSignedWith(keys.getPublic())))
        .isEmpty();
  }

  @Test
  void sign_tooLong_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SignedGrant.sign(new byte[SignedGrant.MAX_LENGTH], keys.getPrivate()));
    assertThatThrownBy(
            () ->
                SignedGrant.sign(
                    GRANT, KeyPairGenerator.getInstance("EC").generateKeyPair().getPrivate()))
        .isInstanceOf(GeneralSecurityException.class);
  }
}
