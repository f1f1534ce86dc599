package dev.tenon.auth.issue;

import dev.tenon.core.SpiffeId;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * Issues X.509-SVIDs. A host has one for itself and one for its plugins, each with its own key.
 * Implementations are thread-safe; whoever uses one that it did not write puts it into a {@link
 * CheckedIssuer}.
 */
public interface Issuer {
  /**
   * Returns a certificate that binds {@code key} to {@code id}: leaf first, then intermediates, the
   * root not included.
   *
   * @throws IssueFailedException if it cannot be issued, or what was issued is not what was asked
   *     for
   */
  List<X509Certificate> issue(SpiffeId id, PublicKey key) throws IssueFailedException;

  /**
   * Returns a certificate as {@link #issue(SpiffeId, PublicKey)} does. An adapter to an authority
   * that wants the request overrides this one; others need not look at it.
   *
   * @param request a PKCS#10 request in DER, found to be signed with {@code key}; it names nobody
   * @throws IssueFailedException as above
   */
  default List<X509Certificate> issue(SpiffeId id, PublicKey key, byte[] request)
      throws IssueFailedException {
    return issue(id, key);
  }

  /** Returns the roots that whoever talks to a bearer must trust. */
  List<X509Certificate> trustBundle();
}
