package dev.tenon.router;

import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.OnBehalfOf;
import dev.tenon.core.Refusal;
import dev.tenon.core.Secret;
import io.grpc.Metadata;
import java.util.Iterator;
import java.util.Optional;

/**
 * Reads for whom a call is made. A token that is there and not verified refuses the call: one that
 * went on without it would be made for nobody, and the provider could not tell. Thread-safe.
 */
final class Delegations {
  private final OnBehalfOf.Verifier verifier;

  Delegations(OnBehalfOf.Verifier verifier) {
    this.verifier = verifier;
  }

  /** A verified token, and whose it is. Its text never shows the token. */
  record Delegation(String subject, Secret token) {}

  /**
   * Returns for whom {@code caller} makes the call, or empty if it makes it for itself.
   *
   * @throws CallRefusedException if the header is repeated or too long, or the verifier does not
   *     accept it
   */
  Optional<Delegation> of(Identity caller, CallPath path, Metadata headers)
      throws CallRefusedException {
    Iterable<String> all = headers.getAll(OnBehalfOf.HEADER);
    if (all == null) {
      return Optional.empty();
    }
    Iterator<String> values = all.iterator();
    String token = values.next();
    if (values.hasNext() || token.isEmpty() || token.length() > OnBehalfOf.MAX_TOKEN_BYTES) {
      throw new CallRefusedException(
          Refusal.INVALID_REQUEST,
          "tenon-on-behalf-of malformed",
          "tenon-on-behalf-of: (expected: one token of 1 to 4096 bytes)");
    }
    return Optional.of(new Delegation(subject(caller, path, token), Secret.of(token)));
  }

  private String subject(Identity caller, CallPath path, String token) throws CallRefusedException {
    Optional<String> subject;
    try {
      subject = verifier.subject(caller, path, token);
    } catch (RuntimeException e) {
      // its message may hold the token
      throw new CallRefusedException(Refusal.NOT_ALLOWED, "tenon-on-behalf-of verifier failed");
    }
    return subject
        .filter(name -> !name.isEmpty() && !name.contains(token))
        .orElseThrow(
            () -> new CallRefusedException(Refusal.NOT_ALLOWED, "tenon-on-behalf-of not accepted"));
  }
}
