package dev.tenon.host.control;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.auth.issue.CheckedIssuer;
import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.IssueFailedException;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.AdminName;
import dev.tenon.core.Fingerprint;
import dev.tenon.core.PluginName;
import dev.tenon.core.RefusedException;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.Credentials;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;

/**
 * The administrators of one host. Their authority is made with the host, goes with it, and signs
 * for nobody else; and since a signature alone is not enough, the host knows each certificate that
 * it gave out. Thread-safe.
 */
public final class Admins {
  private final SpiffeId.OfHost host;
  private final ControlAudit audit;
  private final InstantSource clock;
  private final Optional<CheckedIssuer> issuer;
  private final Predicate<X509Certificate> revoked;

  /*
   * Who revokes takes the name out of `names` first; who issues puts the certificate into `issued` and
   * then looks for the name again. Verifying looks into both, so a name that is gone has no use for a
   * certificate that came meanwhile.
   */
  private final Set<AdminName> names = ConcurrentHashMap.newKeySet();
  private final ConcurrentMap<Fingerprint, Issue> issued = new ConcurrentHashMap<>();

  /** A certificate that was given out. */
  private record Issue(AdminName to, Instant until) {}

  /**
   * Makes the administrators called {@code names}; without any there is no authority either.
   *
   * @param revoked which certificates the operator took back one by one
   * @throws IllegalStateException if an authority cannot be made, for one because {@code random}
   *     fails
   */
  public Admins(
      SpiffeId.OfHost host,
      Set<AdminName> names,
      Predicate<X509Certificate> revoked,
      ControlAudit audit,
      InstantSource clock,
      SecureRandom random) {
    this.host = requireNonNull(host, "host");
    this.revoked = requireNonNull(revoked, "revoked");
    this.audit = requireNonNull(audit, "audit");
    this.clock = requireNonNull(clock, "clock");
    this.names.addAll(names);
    this.issuer =
        names.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new CheckedIssuer(
                    EmbeddedAuthority.create(host.trustDomain(), Role.ADMIN, clock, random),
                    clock));
  }

  /** Returns the roots that administrators' certificates lead to; none without administrators. */
  public List<X509Certificate> trustBundle() {
    return issuer.map(CheckedIssuer::trustBundle).orElse(List.of());
  }

  /** Returns who is an administrator now. */
  public Set<AdminName> names() {
    return Set.copyOf(names);
  }

  /**
   * Makes a key for {@code admin} and certifies it, on record; earlier ones stay good until they
   * expire.
   *
   * @param trustBundle whom the administrator is to trust
   * @throws IssueFailedException if {@code admin} is none, or no certificate is issued
   * @throws RefusedException if it could not be recorded: nothing was issued
   */
  public Credentials issue(AdminName admin, List<X509Certificate> trustBundle)
      throws RefusedException {
    SpiffeId.OfAdmin id = new SpiffeId.OfAdmin(host, admin);
    if (issuer.isEmpty() || !names.contains(admin)) {
      throw new IssueFailedException(admin + ": (expected: an administrator of this host)");
    }
    KeyPair key = CertificateRequest.newKeyPair();
    List<X509Certificate> chain = issuer.get().issue(id, key.getPublic());
    X509Certificate leaf = chain.get(0);
    audit.success(
        "admin",
        PluginName.HOST,
        "issue",
        id.toString(),
        Map.of("serial", leaf.getSerialNumber().toString(16)));
    Instant now = clock.instant();
    issued.values().removeIf(earlier -> earlier.until().isBefore(now));
    issued.put(Fingerprint.of(leaf), new Issue(admin, leaf.getNotAfter().toInstant()));
    return Credentials.of(key.getPrivate(), chain, trustBundle);
  }

  /**
   * Checks, for each call, that {@code leaf} is a certificate of {@code id} that this host gave
   * out, that it has not expired, and that neither it nor its bearer was revoked.
   *
   * @throws NotAuthenticatedException if it is not
   */
  void verify(SpiffeId.OfAdmin id, X509Certificate leaf) throws NotAuthenticatedException {
    Issue issue = issued.get(Fingerprint.of(leaf));
    if (issue == null) {
      throw new NotAuthenticatedException(
          clock.instant().isAfter(leaf.getNotAfter().toInstant()) ? Why.EXPIRED : Why.UNKNOWN);
    }
    if (!id.host().equals(host) || !issue.to().equals(id.admin())) {
      throw new NotAuthenticatedException(Why.FOREIGN);
    }
    if (!names.contains(id.admin()) || revoked.test(leaf)) {
      throw new NotAuthenticatedException(Why.REVOKED);
    }
    if (clock.instant().isAfter(issue.until())) {
      throw new NotAuthenticatedException(Why.EXPIRED);
    }
  }

  /**
   * Ends {@code admin} as an administrator, until the host starts again: from the return on no
   * certificate of that name is good for anything.
   *
   * @return whether it was one
   */
  public boolean remove(AdminName admin) {
    return names.remove(admin);
  }
}
