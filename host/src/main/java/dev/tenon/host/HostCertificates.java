package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.AllowedCertificates;
import dev.tenon.auth.CertificateRule;
import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.revocation.RevocationList;
import dev.tenon.auth.revocation.Revocations;
import dev.tenon.auth.revocation.RevokedCertificate;
import dev.tenon.core.Fingerprint;
import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.host.control.AdminConnections;
import dev.tenon.host.control.ControlAudit;
import dev.tenon.host.control.PluginRuns;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.math.BigInteger;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The certificates of a host's plugins, as an operator takes them back: for good, over restarts of
 * the host, whoever holds them; and as an operator lists those that may be used. Thread-safe.
 *
 * <p>A run that holds a revoked certificate, or is connected with it in either direction, ends as
 * {@link PluginHost#revoke} ends it: its key was in other hands, and what those did with it cannot
 * be told from what the run did. The run's name is not barred; a new run has another certificate.
 */
public final class HostCertificates {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());

  /** How often the revocation list is read again. */
  static final int RELOAD_SECONDS = 5;

  private final Revocations revoked;
  private final Optional<RevocationList> list;
  private final Lists lists;
  private final PluginRuns runs;
  private final Supplier<Set<RuntimeId>> usersOfRefused;
  private final AdminConnections ofAdmins;
  private final ControlAudit audit;
  private final List<Runnable> whenRevoked = new CopyOnWriteArrayList<>();
  private String told = ""; // by the one thread that reloads

  /**
   * @param usersOfRefused the runs with a connection, in either direction, by a certificate that is
   *     refused by now
   */
  HostCertificates(
      Revocations revoked,
      Optional<RevocationList> list,
      Lists lists,
      PluginRuns runs,
      Supplier<Set<RuntimeId>> usersOfRefused,
      AdminConnections ofAdmins,
      ControlAudit audit) {
    this.revoked = revoked;
    this.list = list;
    this.lists = lists;
    this.runs = runs;
    this.usersOfRefused = usersOfRefused;
    this.ofAdmins = ofAdmins;
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

  /**
   * Lets plugins use those certificates alone that {@code allowed} lists. When this returns no
   * connection is let in with another, and the runs that were connected with one are ended. What a
   * plugin gets by its next renewal must be listed before it connects with it. Not kept over
   * restarts.
   *
   * @throws AuditFailedException if it could not be recorded: then nothing changed
   */
  public synchronized void allow(AllowedCertificates allowed) throws AuditFailedException {
    requireNonNull(allowed, "allowed");
    audit.success(
        "policy",
        PluginName.HOST,
        "allow-certificates",
        /* resource= */ null,
        Map.of(
            "reason",
            ControlAudit.ASKED,
            "for_all",
            String.valueOf(allowed.all().size()),
            "plugins",
            String.valueOf(allowed.byPlugin().size())));
    lists.current = allowed;
    usersOfRefused
        .get()
        .forEach(run -> runs.kill(run, "was ended: its certificate is not on the list"));
  }

  /** The lists in force. Thread-safe. */
  static final class Lists implements CertificateRule {
    private volatile AllowedCertificates current;

    Lists(AllowedCertificates first) {
      current = first;
    }

    @Override
    public Optional<Why> refusal(PluginName plugin, X509Certificate leaf) {
      return current.refusal(plugin, leaf);
    }
  }

  private void revoke(RevokedCertificate certificate) throws IOException {
    record("revoke-certificate", certificate.line(), ControlAudit.ASKED);
    revoked.add(certificate);
    endHolders();
    revoked.store();
  }

  /** Containment does not depend on the log. */
  private void record(String action, String what, String reason) {
    try {
      audit.success("revocation", PluginName.HOST, action, what, Map.of("reason", reason));
    } catch (AuditFailedException e) {
      LOG.log(Level.WARNING, "a revocation could not be recorded: {0}", what);
    }
  }

  /** Adds what is to happen as well once a certificate was revoked; it must not block. */
  void whenRevoked(Runnable action) {
    whenRevoked.add(action);
  }

  /** Reads the revocation list again from time to time, on a thread that may wait for a file. */
  void follow(HostThreads threads) {
    if (list.isPresent()) {
      var unused =
          threads
              .timer()
              .scheduleWithFixedDelay(
                  () -> threads.lines().execute(() -> reload(list.get())),
                  RELOAD_SECONDS,
                  RELOAD_SECONDS,
                  TimeUnit.SECONDS);
    }
  }

  private void reload(RevocationList known) {
    String problem = known.isOld() ? "the revocation list is old: no update has come" : "";
    try {
      Optional<X509CRL> next = known.next();
      if (next.isPresent()) {
        record(
            "revocation-list",
            "of " + next.get().getThisUpdate().toInstant(),
            "the authority published another list");
        known.adopt(next.get());
        endHolders();
      }
    } catch (ConfigException e) {
      problem = "the revocation list is not taken, and the one before stays: " + e.getMessage();
    }
    if (!problem.isEmpty() && !problem.equals(told)) {
      LOG.log(Level.WARNING, "{0}", problem);
    }
    told = problem;
  }

  private boolean isRevoked(X509Certificate certificate) {
    return revoked.isRevoked(certificate)
        || list.map(known -> known.isRevoked(certificate)).orElse(false);
  }

  /**
   * Ends the runs that hold, or are connected with, a certificate that is refused by now, and the
   * connections of administrators by one.
   */
  private void endHolders() {
    ofAdmins.endRefused();
    whenRevoked.forEach(Runnable::run);
    Set<RuntimeId> holders = new HashSet<>(usersOfRefused.get());
    holders.addAll(runs.holding(this::isRevoked));
    holders.forEach(run -> runs.kill(run, "was ended: its certificate was revoked"));
  }
}
