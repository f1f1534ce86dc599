package dev.tenon.core;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import io.grpc.Metadata;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Base64;
import java.util.Optional;

/**
 * What a host has signed so that one plugin may call another without it: the bytes of a {@code
 * tenon.v1.DirectGrant}, and the signature. It is no secret: it is good for nobody but the caller
 * that it names, whose certificate the connection has. Immutable and thread-safe.
 *
 * <p>Its text form is both in base64url (RFC 4648, section 5) without padding, with a dot between
 * them; there is one for each grant and signature.
 */
public final class SignedGrant {
  /** Request header by which a caller shows it to the provider. */
  public static final Metadata.Key<String> HEADER =
      Metadata.Key.of("tenon-direct", Metadata.ASCII_STRING_MARSHALLER);

  /** The algorithm of keys and signatures: RFC 8032, section 5.1. */
  public static final String ALGORITHM = "Ed25519";

  /** Longest text form; a call has 8 KiB of metadata in all. */
  public static final int MAX_LENGTH = 4_096;

  /** Length of a signature (RFC 8032, section 5.1.6). */
  private static final int SIGNATURE_BYTES = 64;

  /**
   * Stands before what is signed, so that nothing else which this key may sign, in a later version
   * perhaps, can be taken for a grant.
   */
  private static final byte[] DOMAIN = "tenon-direct-grant-v1\n".getBytes(US_ASCII);

  private final byte[] grant;
  private final byte[] signature;
  private final String text;

  private SignedGrant(byte[] grant, byte[] signature, String text) {
    this.grant = grant;
    this.signature = signature;
    this.text = text;
  }

  /**
   * Signs {@code grant} with {@code key}.
   *
   * @throws GeneralSecurityException if the key is no {@link #ALGORITHM} key
   * @throws IllegalArgumentException if the text form would be longer than {@link #MAX_LENGTH}
   */
  public static SignedGrant sign(byte[] grant, PrivateKey key) throws GeneralSecurityException {
    Signature signer = Signature.getInstance(ALGORITHM);
    signer.initSign(requireNonNull(key, "key"));
    signer.update(DOMAIN);
    signer.update(grant);
    byte[] signature = signer.sign();
    String text = text(grant, signature);
    if (text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "grant: " + text.length() + " characters (expected: <= " + MAX_LENGTH + ")");
    }
    return new SignedGrant(grant.clone(), signature, text);
  }

  /**
   * Returns the grant that {@code text} is the text form of, or empty for anything else: too long,
   * another alphabet, padding, unused bits that are not zero, or not one dot. Says nothing about
   * the signature.
   */
  public static Optional<SignedGrant> parse(String text) {
    int dot = text.indexOf('.');
    if (text.length() > MAX_LENGTH || dot < 1) {
      return Optional.empty();
    }
    byte[] grant;
    byte[] signature;
    try {
      grant = Base64.getUrlDecoder().decode(text.substring(0, dot));
      signature = Base64.getUrlDecoder().decode(text.substring(dot + 1));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    return signature.length == SIGNATURE_BYTES && text(grant, signature).equals(text)
        ? Optional.of(new SignedGrant(grant, signature, text))
        : Optional.empty();
  }

  private static String text(byte[] grant, byte[] signature) {
    Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
    return encoder.encodeToString(grant) + "." + encoder.encodeToString(signature);
  }

  /** Returns whether the signature is one by {@code key}, over this very grant. */
  public boolean isSignedWith(PublicKey key) {
    try {
      Signature verifier = Signature.getInstance(ALGORITHM);
      verifier.initVerify(requireNonNull(key, "key"));
      verifier.update(DOMAIN);
      verifier.update(grant);
      return verifier.verify(signature);
    } catch (GeneralSecurityException e) {
      return false; // another kind of key, or a signature that is none
    }
  }

  /** Returns what was signed. */
  public byte[] grant() {
    return grant.clone();
  }

  /** Returns the text form. */
  public String text() {
    return text;
  }

  /** Returns the length alone. */
  @Override
  public String toString() {
    return "SignedGrant[" + grant.length + " bytes]";
  }
}
