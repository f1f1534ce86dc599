package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.issue.AuthorityFiles;
import dev.tenon.auth.issue.CheckedIssuer;
import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.IssueFailedException;
import dev.tenon.auth.issue.Issuer;
import dev.tenon.auth.issue.Role;
import dev.tenon.host.control.ControlAudit;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The two issuing authorities of a running host, and how others succeed them without a lost call.
 * Thread-safe; one succession at a time.
 *
 * <pre>{@code
 * host.authorities().rollOver(Role.PLUGIN, new AuthorityFiles(certificate, key));
 * }</pre>
 */
public final class Authorities {
  private final Planes planes;
  private final HostSettings settings;
  private final ScheduledThreadPoolExecutor worker;
  private final RenewalRequests requests;

  /*
   * Every step of every succession runs on the one thread of `worker`, so `current` has one user, and
   * issuing and auditing block no thread of calls.
   */
  private CompletableFuture<Void> current = CompletableFuture.completedFuture(null);

  Authorities(Planes planes, HostSettings settings, CloseStack closing) {
    this.planes = planes;
    this.settings = settings;
    worker = closing.add(new AuthorityThread()).executor();
    requests = new RenewalRequests(planes.runs(), planes.threads().timer());
    settings.trust().authorities().watch().ifPresent(this::watch);
  }

  private void watch(Duration pause) {
    settings
        .trust()
        .authorities()
        .files()
        .forEach(
            (role, files) -> {
              AuthorityWatch watch =
                  new AuthorityWatch(
                      role,
                      files,
                      settings,
                      planes.trust().issuer(role).trustBundle(),
                      this::beginIfIdle);
              var unused =
                  worker.scheduleWithFixedDelay(
                      watch::look, pause.toNanos(), pause.toNanos(), TimeUnit.NANOSECONDS);
            });
  }

  private boolean beginIfIdle(Role role, Issuer next)
      throws IssueFailedException, AuditFailedException {
    if (!current.isDone()) {
      return false;
    }
    var unused = begin(role, checked(role, next), "its files were replaced");
    return true;
  }

  /**
   * Lets the authority of {@code files} succeed the one for {@code role}, as {@link #rollOver(Role,
   * Issuer)} does.
   *
   * @throws ConfigException if a file is not what it should be; nothing changes then
   */
  public Succession rollOver(Role role, AuthorityFiles files)
      throws ConfigException, IssueFailedException, AuditFailedException {
    EmbeddedAuthority read =
        EmbeddedAuthority.load(
            settings.trustDomain(),
            role,
            files,
            settings.sources().clock(),
            settings.sources().random());
    return rollOver(role, settings.trust().authorities().issuing(role, read));
  }

  /**
   * Lets {@code next} succeed the authority for {@code role}. When this returns both are trusted;
   * plugins are asked to renew, and the host's own certificate comes from {@code next} once all
   * have the new trust. After the overlap the old authority is refused, and connections that rest
   * on it are ended.
   *
   * @throws IllegalStateException if a succession is under way, or the host is closed
   * @throws IllegalArgumentException if {@code next} is trusted already, for either role, or has
   *     none of the pins of {@code role}
   * @throws IssueFailedException if {@code next} cannot issue; nothing changes then
   * @throws AuditFailedException if it cannot be recorded; nothing changes then
   */
  public Succession rollOver(Role role, Issuer next)
      throws IssueFailedException, AuditFailedException {
    requireNonNull(role, "role");
    requireNonNull(next, "next");
    CheckedIssuer checked = checked(role, next);
    return onWorker(() -> begin(role, checked, ControlAudit.ASKED));
  }

  /**
   * Replaces every key and certificate now: the host's own, and those of all plugins that answer.
   * The result completes when they have; calls go on.
   *
   * @throws IllegalStateException if the host is closed
   * @throws IssueFailedException if the host's own cannot be issued; nothing changes then
   * @throws AuditFailedException if it cannot be recorded; nothing changes then
   */
  public CompletableFuture<Void> renewAll() throws IssueFailedException, AuditFailedException {
    return onWorker(
        () -> {
          Rollover.recordRenewal(planes.audit());
          planes.identity().renew();
          return requests.askAll().thenAccept(all -> {});
        });
  }

  private CheckedIssuer checked(Role role, Issuer next) {
    AuthoritySettings own = settings.trust().authorities();
    CheckedIssuer checked = own.checked(role, next, settings.sources().clock());
    if (!own.pinsOf(role).isEmpty() && checked.trustBundle().isEmpty()) {
      throw new IllegalArgumentException(
          "authority for " + role + ": another than is pinned (expected: one of its pins)");
    }
    return checked;
  }

  private Succession begin(Role role, Issuer next, String reason)
      throws IssueFailedException, AuditFailedException {
    if (!current.isDone()) {
      throw new IllegalStateException("roll over: one is under way (expected: none)");
    }
    Rollover rollover =
        new Rollover(
            planes,
            requests,
            worker,
            role,
            settings.trust().authorities().overlap(),
            settings.sources().clock());
    Succession begun = rollover.begin(next, reason);
    current = begun.over();
    return new Succession(begun.settled().copy(), begun.over().copy());
  }

  private <T> T onWorker(Callable<T> work) throws IssueFailedException, AuditFailedException {
    try {
      return worker.submit(work).get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof IssueFailedException failed) {
        throw failed;
      }
      if (cause instanceof AuditFailedException failed) {
        throw failed;
      }
      if (cause instanceof RuntimeException failed) {
        throw failed;
      }
      throw new IllegalStateException(cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("roll over: interrupted", e);
    }
  }
}
