package dev.tenon.auth.revocation;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.CertificateRule;
import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.Fingerprint;
import dev.tenon.core.PluginName;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The certificates that the operator took back, by serial number or fingerprint, for good: they are
 * kept in a file over restarts. Thread-safe; who asks takes no lock.
 */
public final class Revocations implements CertificateRule {
  /*
   * `revoked` is an immutable set. Writers replace it under `this`, which is held for that alone; readers
   * load it once. `writing` is for the file: whoever has it writes all that is revoked by then, so the
   * last to write leaves everybody's. Nobody who decides takes it.
   */
  private volatile Set<RevokedCertificate> revoked;
  private final ReentrantLock writing = new ReentrantLock();
  private final RevocationFile file;

  private Revocations(RevocationFile file, Set<RevokedCertificate> revoked) {
    this.file = file;
    this.revoked = Set.copyOf(revoked);
  }

  /**
   * Returns the revocations that {@code file} has; none if there is no such file yet.
   *
   * @throws ConfigException if it is damaged or cannot be read
   */
  public static Revocations open(Path file) throws ConfigException {
    RevocationFile known = new RevocationFile(requireNonNull(file, "file"));
    return new Revocations(known, known.read());
  }

  @Override
  public Optional<Why> refusal(PluginName plugin, X509Certificate leaf) {
    return isRevoked(leaf) ? Optional.of(Why.REVOKED) : Optional.empty();
  }

  /** Returns whether {@code certificate} was revoked. */
  public boolean isRevoked(X509Certificate certificate) {
    Set<RevokedCertificate> now = revoked;
    return !now.isEmpty()
        && (now.contains(new RevokedCertificate.ByFingerprint(Fingerprint.of(certificate)))
            || isRevokedSerial(now, certificate));
  }

  private static boolean isRevokedSerial(Set<RevokedCertificate> now, X509Certificate certificate) {
    try {
      return now.contains(new RevokedCertificate.BySerial(certificate.getSerialNumber()));
    } catch (IllegalArgumentException e) {
      return false; // No number that could have been revoked.
    }
  }

  /** Revokes {@code certificate}: from the return on it is refused. Not on the disk yet. */
  public synchronized void add(RevokedCertificate certificate) {
    Set<RevokedCertificate> next = new LinkedHashSet<>(revoked);
    next.add(requireNonNull(certificate, "certificate"));
    revoked = Set.copyOf(next);
  }

  /**
   * Writes all that is revoked to the file; on the disk when this returns.
   *
   * @throws IOException if that fails; what was added is revoked nonetheless, until the host ends
   */
  public void store() throws IOException {
    writing.lock();
    try {
      List<RevokedCertificate> all = new ArrayList<>(revoked);
      all.sort((a, b) -> a.line().compareTo(b.line()));
      file.write(all);
    } finally {
      writing.unlock();
    }
  }

  /** Returns how many there are. */
  public int size() {
    return revoked.size();
  }
}
