package dev.tenon.host.control;

import dev.tenon.auth.issue.IssueFailedException;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.Credentials;
import java.lang.System.Logger.Level;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;

/**
 * The host's own SVID and key, renewed at half life by whoever asks next: every connection takes
 * the current snapshot. Thread-safe.
 */
public final class HostIdentity implements Supplier<Credentials> {
  private static final System.Logger LOG = System.getLogger(HostIdentity.class.getName());

  private final SpiffeId.OfHost id;
  private final Trust trust;
  private final InstantSource clock;

  /*
   * `current` is written under `this` and read without it; a reader that finds it half worn takes the
   * lock and looks again.
   */
  private volatile Snapshot current;

  /** A credential and the moment at which it is half worn. */
  private record Snapshot(Credentials credentials, Instant renewAt) {}

  /**
   * Makes the identity {@code id} and issues its first certificate.
   *
   * @throws IssueFailedException if that fails
   */
  public HostIdentity(SpiffeId.OfHost id, Trust trust, InstantSource clock)
      throws IssueFailedException {
    this.id = id;
    this.trust = trust;
    this.clock = clock;
    current = issue();
  }

  /** Returns the identity. */
  public SpiffeId.OfHost id() {
    return id;
  }

  @Override
  public Credentials get() {
    Snapshot snapshot = current;
    if (clock.instant().isBefore(snapshot.renewAt())) {
      return snapshot.credentials();
    }
    synchronized (this) {
      if (!clock.instant().isBefore(current.renewAt())) {
        try {
          current = issue();
        } catch (IssueFailedException e) {
          // The current one is good for as long again; the next connection tries anew.
          LOG.log(Level.WARNING, "the host's own certificate cannot be renewed", e);
        }
      }
      return current.credentials();
    }
  }

  /**
   * Replaces key, certificate and trust bundle at once, whatever their age: an authority changes.
   *
   * @throws IssueFailedException if none is issued; nothing changes then
   */
  public synchronized void renew() throws IssueFailedException {
    current = issue();
  }

  private Snapshot issue() throws IssueFailedException {
    KeyPair key = CertificateRequest.newKeyPair();
    List<X509Certificate> chain =
        trust.hostIssuer().issue(id, key.getPublic(), CertificateRequest.create(key));
    Instant from = chain.get(0).getNotBefore().toInstant();
    Instant until = chain.get(0).getNotAfter().toInstant();
    Instant half = from.plus(Duration.between(from, until).dividedBy(2));
    return new Snapshot(
        Credentials.of(key.getPrivate(), chain, trust.pluginIssuer().trustBundle()), half);
  }
}
