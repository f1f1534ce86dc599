package dev.tenon.sdk;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.Token;
import dev.tenon.transport.Credentials;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.RenewResponse;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/**
 * An identity as the host sent it, not yet believed: the part that the answers to an enrolment and
 * to a renewal have in common. Prints no secret.
 */
final class IssuedIdentity {
  /** The longest life of a runtime token. */
  static final Duration MAX_TOKEN_LIFE = Duration.ofHours(24);

  /** How far the clocks of host and plugin may be apart. */
  static final Duration MAX_SKEW = Duration.ofMinutes(1);

  private final List<ByteString> chain;
  private final List<ByteString> trustBundle;
  private final String token;
  private final Timestamp tokenExpires;

  private IssuedIdentity(
      List<ByteString> chain, List<ByteString> trustBundle, String token, Timestamp tokenExpires) {
    this.chain = chain;
    this.trustBundle = trustBundle;
    this.token = token;
    this.tokenExpires = tokenExpires;
  }

  static IssuedIdentity of(EnrolResponse answer) {
    return new IssuedIdentity(
        answer.getCertificateChainList(),
        answer.getTrustBundleList(),
        answer.getRuntimeToken(),
        answer.getTokenExpires());
  }

  static IssuedIdentity of(RenewResponse answer) {
    return new IssuedIdentity(
        answer.getCertificateChainList(),
        answer.getTrustBundleList(),
        answer.getRuntimeToken(),
        answer.getTokenExpires());
  }

  /**
   * Returns the identity, once everything about it was checked.
   *
   * @throws BadAnswerException if it is not for {@code expected}, not for the public key of {@code
   *     keys}, not valid at {@code now}, or malformed
   */
  LiveIdentity accept(SpiffeId.OfPlugin expected, KeyPair keys, Instant now)
      throws BadAnswerException {
    List<X509Certificate> svid = Certificates.parse("certificate_chain", chain);
    checkLeaf(svid.get(0), expected, keys, now);
    Token runtimeToken =
        Token.parse(Token.Kind.RUNTIME, token)
            .orElseThrow(
                () ->
                    new BadAnswerException(
                        "runtime_token", "malformed", "tnr_ and 43 base64url characters"));
    return new LiveIdentity(
        expected,
        Credentials.of(keys.getPrivate(), svid, Certificates.parse("trust_bundle", trustBundle)),
        runtimeToken,
        now,
        expiry("token_expires", tokenExpires, now));
  }

  private static void checkLeaf(
      X509Certificate leaf, SpiffeId.OfPlugin expected, KeyPair keys, Instant now)
      throws BadAnswerException {
    String id = Certificates.uri(leaf).orElse("not exactly one URI");
    if (!id.equals(expected.toString())) {
      throw new BadAnswerException("certificate_chain", id, expected.toString());
    }
    if (!Arrays.equals(leaf.getPublicKey().getEncoded(), keys.getPublic().getEncoded())) {
      throw new BadAnswerException(
          "certificate_chain", "another public key", "the public key of the request");
    }
    Instant end = leaf.getNotAfter().toInstant();
    Instant start = leaf.getNotBefore().toInstant();
    if (!now.isBefore(end) || now.plus(MAX_SKEW).isBefore(start)) {
      throw new BadAnswerException(
          "certificate_chain", "valid from " + start + " to " + end, "valid now, at " + now);
    }
  }

  /** Returns the time in {@code field}, in which the host says when a token ends. */
  static Instant expiry(String field, Timestamp at, Instant now) throws BadAnswerException {
    Instant expires;
    try {
      expires = Instant.ofEpochSecond(at.getSeconds(), at.getNanos());
    } catch (DateTimeException | ArithmeticException e) {
      throw new BadAnswerException(field, "a time", e);
    }
    if (!now.isBefore(expires) || expires.isAfter(now.plus(MAX_TOKEN_LIFE).plus(MAX_SKEW))) {
      throw new BadAnswerException(field, expires.toString(), "after " + now + ", within 24 h");
    }
    return expires;
  }

  @Override
  public String toString() {
    return "IssuedIdentity[" + chain.size() + " certificates, redacted]";
  }
}
