package dev.tenon.host;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.issue.IssueFailedException;
import dev.tenon.auth.issue.Issuer;
import dev.tenon.auth.issue.Role;
import dev.tenon.auth.issue.RollingIssuer;
import dev.tenon.auth.issue.TrustPath;
import dev.tenon.core.PluginName;
import dev.tenon.host.control.ControlAudit;
import dev.tenon.host.control.PluginRun;
import dev.tenon.host.control.Trust;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.Connection;
import java.lang.System.Logger.Level;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One succession of an authority. Trust widens first; then plugins renew, which brings them the new
 * trust; then certificates move; and when the overlap is over trust narrows, and what rests on the
 * old authority ends. Used by one thread, that of its {@code worker}.
 */
final class Rollover {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());

  /** How often the clock is looked at: it may be one that a test sets. */
  private static final Duration LOOK = Duration.ofMillis(100);

  private final Planes planes;
  private final Trust trust;
  private final RenewalRequests requests;
  private final ScheduledExecutorService worker;
  private final Role role;
  private final RollingIssuer issuer;
  private final Duration overlap;
  private final InstantSource clock;
  private final Succession succession =
      new Succession(new CompletableFuture<>(), new CompletableFuture<>());
  private List<X509Certificate> roots = List.of();
  private CompletableFuture<Boolean> asked = new CompletableFuture<>();
  private boolean moved;
  private @Nullable Future<?> looking;

  Rollover(
      Planes planes,
      RenewalRequests requests,
      ScheduledExecutorService worker,
      Role role,
      Duration overlap,
      InstantSource clock) {
    this.planes = planes;
    this.trust = planes.trust();
    this.requests = requests;
    this.worker = worker;
    this.role = role;
    this.issuer = trust.issuer(role);
    this.overlap = overlap;
    this.clock = clock;
  }

  /** Records that all certificates are replaced; see {@link Authorities#renewAll}. */
  static void recordRenewal(ControlAudit audit) throws AuditFailedException {
    audit.success(
        "authority", PluginName.HOST, "renew-all", null, Map.of("reason", ControlAudit.ASKED));
  }

  /** Trusts {@code next} beside the current authority, and plans the rest. */
  Succession begin(Issuer next, String reason) throws IssueFailedException, AuditFailedException {
    requireNew(next);
    if (role == Role.HOST) {
      // Every plugin would have to trust an authority that cannot serve.
      KeyPair keys = CertificateRequest.newKeyPair();
      var unused =
          next.issue(planes.identity().id(), keys.getPublic(), CertificateRequest.create(keys));
    }
    roots = next.trustBundle();
    record("roll-over", reason, roots);
    issuer.trust(next);
    try {
      planes.identity().renew(); // its bundle is what plugins are checked against
    } catch (IssueFailedException | RuntimeException e) {
      issuer.settle();
      throw e;
    }
    if (role == Role.PLUGIN) {
      issuer.move();
    }
    asked = requests.askAll();
    Instant begun = clock.instant();
    long pause = LOOK.toMillis();
    looking = worker.scheduleWithFixedDelay(() -> look(begun), pause, pause, TimeUnit.MILLISECONDS);
    return succession;
  }

  /** One key for both roles would let a plugin pass for the host; a root twice is no succession. */
  private void requireNew(Issuer next) {
    Set<PublicKey> others = new HashSet<>();
    RollingIssuer other = trust.issuer(role == Role.HOST ? Role.PLUGIN : Role.HOST);
    other.trustBundle().forEach(root -> others.add(root.getPublicKey()));
    List<X509Certificate> roots = next.trustBundle();
    if (roots.isEmpty()
        || roots.stream().anyMatch(root -> others.contains(root.getPublicKey()))
        || roots.stream().anyMatch(issuer.trustBundle()::contains)) {
      throw new IllegalArgumentException(
          "authority for " + role + ": one that is trusted already (expected: another)");
    }
  }

  private void look(Instant begun) {
    try {
      Instant now = clock.instant();
      boolean isOver = !now.isBefore(begun.plus(overlap));
      // Plugins that cannot be asked renew at half life, give or take a tenth: well before this.
      boolean isLate = !now.isBefore(begun.plus(overlap.multipliedBy(3).dividedBy(4)));
      if (!moved && (isLate || haveAllRenewed())) {
        move();
      }
      if (moved && haveAllRenewed()) {
        succession.settled().complete(null);
      }
      if (moved && isOver) {
        finish();
      }
    } catch (IssueFailedException | AuditFailedException | RuntimeException e) {
      giveUp(e);
    }
  }

  private boolean haveAllRenewed() {
    return asked.getNow(/* valueIfAbsent= */ false);
  }

  /** Everything new rests on the new authority from here on. */
  private void move() throws IssueFailedException, AuditFailedException {
    if (role == Role.HOST) {
      record("move", "the new authority is trusted", List.of());
      issuer.move();
      try {
        planes.identity().renew();
      } catch (IssueFailedException | RuntimeException e) {
        issuer.move(); // back
        throw e;
      }
      planes.others().peers().ownAuthorityMoved(roots);
      asked.complete(false);
      asked = requests.askAll(); // connects anew
    }
    certified().forEach(run -> run.channels().renew());
    moved = true;
  }

  private void finish() {
    stop();
    asked.complete(false);
    try {
      record("retire", "the overlap is over", List.of());
    } catch (AuditFailedException e) {
      // Containment does not depend on the log.
      LOG.log(Level.WARNING, "the end of the old {0} authority could not be recorded", role);
    }
    issuer.settle();
    try {
      planes.identity().renew();
    } catch (IssueFailedException e) {
      giveUp(e);
      return;
    }
    certified().forEach(run -> run.channels().endOutgoing());
    planes
        .exit()
        .connections()
        .trustOnly(
            this::isTrusted, run -> planes.control().leases().hold(run, planes.threads().timer()));
    if (role == Role.HOST) {
      planes.others().peers().ownAuthorityRetired();
      var unused = requests.askAll(); // brings them the narrower trust
    }
    LOG.log(Level.INFO, "the old {0} authority is trusted no more", role);
    succession.settled().complete(null);
    succession.over().complete(null);
  }

  private boolean isTrusted(Connection connection) {
    return TrustPath.leads(connection.peerChain(), trust.pluginIssuer().trustBundle())
        && TrustPath.leads(connection.ownChain(), trust.hostIssuer().trustBundle());
  }

  /** The new authority failed when it was to issue: the old one, which works, stays. */
  private void giveUp(Exception cause) {
    stop();
    if (role == Role.HOST && !moved) {
      issuer.settle();
    }
    LOG.log(Level.WARNING, "the new " + role + " authority was dropped", cause);
    asked.complete(false);
    succession.settled().completeExceptionally(cause);
    succession.over().completeExceptionally(cause);
  }

  private void stop() {
    if (looking != null) {
      looking.cancel(/* mayInterruptIfRunning= */ false);
    }
  }

  private List<PluginRun> certified() {
    return planes.runs().all().stream()
        .filter(run -> !run.state().isEnd() && run.certifiedUntil().isPresent())
        .toList();
  }

  private void record(String action, String reason, List<X509Certificate> roots)
      throws AuditFailedException {
    Map<String, String> details = new LinkedHashMap<>();
    details.put("reason", reason);
    if (!roots.isEmpty()) {
      details.put(
          "roots",
          roots.stream()
              .map(root -> root.getSerialNumber().toString(16))
              .collect(Collectors.joining(" ")));
      details.put("overlap", overlap.toString());
    }
    planes
        .audit()
        .success(
            "authority", PluginName.HOST, action, role.name().toLowerCase(Locale.ROOT), details);
  }
}
