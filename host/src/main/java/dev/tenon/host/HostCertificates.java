package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.revocation.Revocations;
import dev.tenon.auth.revocation.RevokedCertificate;
import dev.tenon.core.Fingerprint;
import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.host.control.ControlAudit;
import dev.tenon.host.control.PluginRuns;
import dev.tenon.router.ConnectionAdmission;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.math.BigInteger;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The certificates of a host's plugins, as an operator takes them back: for good, over restarts of
 * the host, whoever holds them. Thread-safe.
 *
 * <p>A run that holds a revoked certificate, or is connected with it, ends as {@link
 * PluginHost#revoke} ends it: its key was in other hands, and what those did with it cannot be told
 * from what the run did. The run's name is not barred; a new run has another certificate.
 */
public final class HostCertificates {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());

  private final Revocations revoked;
  private final PluginRuns runs;
  private final ConnectionAdmission connections;
  private final ControlAudit audit;

  HostCertificates(
      Revocations revoked, PluginRuns runs, ConnectionAdmission connections, ControlAudit audit) {
    this.revoked = revoked;
    this.runs = runs;
    this.connections = connections;
    this.audit = audit;
  }

  /**
   * Revokes every certificate with the serial number {@code serial}. When this returns no
   * connection is let in with one, the runs that had one are ended, and the host's state says so.
   * Idempotent; does not depend on the audit log.
   *
   * @throws IllegalArgumentException if the number is not positive, or longer than 20 octets
   * @throws IOException if it could not be written to the host's state: it is in force then, but
   *     only until the host ends
   */
  public void revokeSerial(BigInteger serial) throws IOException {
    revoke(new RevokedCertificate.BySerial(requireNonNull(serial, "serial")));
  }

  /**
   * Revokes the one certificate with {@code fingerprint}, as {@link #revokeSerial} does.
   *
   * @throws IOException as there
   */
  public void revokeFingerprint(Fingerprint fingerprint) throws IOException {
    revoke(new RevokedCertificate.ByFingerprint(requireNonNull(fingerprint, "fingerprint")));
  }

  private void revoke(RevokedCertificate certificate) throws IOException {
    try {
      audit.success(
          "revocation", PluginName.HOST, "revoke-certificate", certificate.line(), Map.of());
    } catch (AuditFailedException e) {
      // Containment does not depend on the log.
      LOG.log(Level.WARNING, "the revocation of {0} could not be recorded", certificate.line());
    }
    revoked.add(certificate);
    endHolders();
    revoked.store();
  }

  /** Ends the runs that hold, or are connected with, a certificate that is refused by now. */
  private void endHolders() {
    Set<RuntimeId> holders = new HashSet<>(connections.usersOfRefused());
    holders.addAll(runs.holding(revoked::isRevoked));
    holders.forEach(run -> runs.kill(run, "was ended: its certificate was revoked"));
  }
}
