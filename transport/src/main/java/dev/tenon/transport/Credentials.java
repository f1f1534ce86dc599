package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One snapshot of what a side proves itself with and whom it trusts: key, certificate chain and
 * trust bundle. Immutable and thread-safe, so that all three are replaced as one and no connection
 * sees half of a renewal.
 */
public final class Credentials {
  private final Optional<PrivateKey> key;
  private final List<X509Certificate> chain;
  private final List<X509Certificate> trustBundle;

  private Credentials(
      Optional<PrivateKey> key, List<X509Certificate> chain, List<X509Certificate> trustBundle) {
    this.key = key;
    this.chain = List.copyOf(chain);
    this.trustBundle = List.copyOf(trustBundle);
    if (trustBundle.isEmpty()) {
      throw new IllegalArgumentException("trust bundle: empty (expected: a certificate)");
    }
  }

  /**
   * Returns the credentials of a side that has a certificate.
   *
   * @param chain the certificate of {@code key} first, then its issuers
   * @throws IllegalArgumentException if {@code chain} or {@code trustBundle} is empty, or the key
   *     and the first certificate do not belong together
   */
  public static Credentials of(
      PrivateKey key, List<X509Certificate> chain, List<X509Certificate> trustBundle) {
    requireNonNull(key, "key");
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("chain: empty (expected: a certificate)");
    }
    if (!KeyPairs.match(key, chain.get(0).getPublicKey())) {
      throw new IllegalArgumentException(
          "key: not that of the first certificate (expected: a pair)");
    }
    return new Credentials(Optional.of(key), chain, trustBundle);
  }

  /**
   * Returns the credentials of a client that has no certificate yet, and can only enrol.
   *
   * @throws IllegalArgumentException if {@code trustBundle} is empty
   */
  public static Credentials trustOnly(List<X509Certificate> trustBundle) {
    return new Credentials(Optional.empty(), List.of(), trustBundle);
  }

  /** Returns the same credentials, which also trust {@code others}. */
  public Credentials alsoTrusting(List<X509Certificate> others) {
    return new Credentials(
        key, chain, Stream.concat(trustBundle.stream(), others.stream()).toList());
  }

  /**
   * Returns the same credentials, which trust {@code others} and nobody else.
   *
   * @throws IllegalArgumentException if {@code others} is empty
   */
  public Credentials trustingOnly(List<X509Certificate> others) {
    return new Credentials(key, chain, others);
  }

  /** Returns the own certificate and its issuers; empty without one. */
  public List<X509Certificate> chain() {
    return chain;
  }

  /** Returns the certificates that peers must chain to. */
  public List<X509Certificate> trustBundle() {
    return trustBundle;
  }

  Optional<PrivateKey> key() {
    return key;
  }

  /** Returns the sizes, never the key. */
  @Override
  public String toString() {
    return "Credentials[key redacted, chain of "
        + chain.size()
        + ", trust bundle of "
        + trustBundle.size()
        + "]";
  }
}
