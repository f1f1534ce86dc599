package dev.tenon.sdk;

import com.google.protobuf.ByteString;
import dev.tenon.core.SignedGrant;
import dev.tenon.v1.DirectMode;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;

/**
 * What the host last said about calls that do not go through it. Immutable and thread-safe.
 *
 * @param calls whether it is of use to ask for introductions
 * @param callerAuthorities whom the certificates of direct callers are issued by
 * @param keys what grants may be signed with; none: nobody calls this plugin directly
 */
record DirectTold(boolean calls, List<X509Certificate> callerAuthorities, List<PublicKey> keys) {
  /** Nobody calls anybody directly: until the host says otherwise. */
  static final DirectTold OFF = new DirectTold(false, List.of(), List.of());

  /** More keys than the one of the moment and its successor have no use. */
  private static final int MAX_KEYS = 4;

  DirectTold {
    callerAuthorities = List.copyOf(callerAuthorities);
    keys = List.copyOf(keys);
  }

  /**
   * Reads what the host sent.
   *
   * @throws BadAnswerException if a part of it is malformed, or missing where there is the other
   */
  static DirectTold of(DirectMode sent) throws BadAnswerException {
    if (sent.getGrantKeysCount() == 0 && sent.getCallerAuthoritiesCount() == 0) {
      return new DirectTold(sent.getCalls(), List.of(), List.of());
    }
    if (sent.getGrantKeysCount() == 0 || sent.getGrantKeysCount() > MAX_KEYS) {
      throw new BadAnswerException(
          "direct.grant_keys", sent.getGrantKeysCount() + " keys", "1 to " + MAX_KEYS);
    }
    List<PublicKey> keys = new ArrayList<>();
    for (ByteString key : sent.getGrantKeysList()) {
      keys.add(key(key.toByteArray()));
    }
    return new DirectTold(
        sent.getCalls(),
        Certificates.parse("direct.caller_authorities", sent.getCallerAuthoritiesList()),
        keys);
  }

  private static PublicKey key(byte[] der) throws BadAnswerException {
    try {
      return KeyFactory.getInstance(SignedGrant.ALGORITHM)
          .generatePublic(new X509EncodedKeySpec(der));
    } catch (GeneralSecurityException e) {
      throw new BadAnswerException("direct.grant_keys", "Ed25519 keys (RFC 8410)", e);
    }
  }

  /** Returns whether plugins may connect to this one. */
  boolean isServed() {
    return !keys.isEmpty();
  }
}
