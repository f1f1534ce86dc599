package dev.tenon.auth.issue;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.Fingerprint;
import dev.tenon.core.SpiffeId;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;

/**
 * An issuer whose results are read again before anyone gets them. A host uses every issuer through
 * one. Thread-safe if the issuer is.
 */
public final class CheckedIssuer implements Issuer {
  private final Issuer issuer;
  private final InstantSource clock;
  private final Set<Fingerprint> pins;
  private final CertificateExtension.Chooser extensions;

  /** Makes the check of what {@code issuer} brings, at the time of {@code clock}. */
  public CheckedIssuer(Issuer issuer, InstantSource clock) {
    this(issuer, clock, Set.of(), CertificateExtension.Chooser.NONE);
  }

  /**
   * Makes the same check, which takes no root but those with one of {@code pins} for one; any if
   * there are none; and no leaf that lacks what {@code extensions} chooses for its id.
   */
  public CheckedIssuer(
      Issuer issuer,
      InstantSource clock,
      Set<Fingerprint> pins,
      CertificateExtension.Chooser extensions) {
    this.issuer = requireNonNull(issuer, "issuer");
    this.clock = requireNonNull(clock, "clock");
    this.pins = Set.copyOf(pins);
    this.extensions = requireNonNull(extensions, "extensions");
  }

  /**
   * Returns what the issuer issued, parsed again.
   *
   * @throws IssueFailedException if the issuer fails in whatever way, or its leaf is not for {@code
   *     id} and {@code key} alone, may sign certificates, is not valid now or for longer than 24 h,
   *     or is not of the issuer's trust bundle, as far as that is pinned
   */
  @Override
  public List<X509Certificate> issue(SpiffeId id, PublicKey key) throws IssueFailedException {
    return checked(id, key, () -> issuer.issue(id, key));
  }

  /**
   * Returns what the issuer issued for {@code request}, parsed again.
   *
   * @throws IssueFailedException as {@link #issue(SpiffeId, PublicKey)}
   */
  @Override
  public List<X509Certificate> issue(SpiffeId id, PublicKey key, byte[] request)
      throws IssueFailedException {
    return checked(id, key, () -> issuer.issue(id, key, request.clone()));
  }

  /** What the issuer is asked to do. */
  @FunctionalInterface
  private interface Order {
    List<X509Certificate> fill() throws IssueFailedException;
  }

  private List<X509Certificate> checked(SpiffeId id, PublicKey key, Order order)
      throws IssueFailedException {
    requireNonNull(id, "id");
    requireNonNull(key, "key");
    List<X509Certificate> chain;
    List<X509Certificate> trustBundle;
    List<CertificateExtension> expected;
    try {
      chain = order.fill();
      trustBundle = trustBundle();
      expected = extensions.of(id);
    } catch (RuntimeException e) {
      throw new IssueFailedException("issuer: threw for " + id, e);
    }
    return IssuedCertificate.check(id, key, chain, trustBundle, expected, clock.instant());
  }

  /** Returns those of the issuer's roots that are pinned. */
  @Override
  public List<X509Certificate> trustBundle() {
    return issuer.trustBundle().stream()
        .filter(root -> pins.isEmpty() || pins.contains(Fingerprint.of(root)))
        .toList();
  }
}
