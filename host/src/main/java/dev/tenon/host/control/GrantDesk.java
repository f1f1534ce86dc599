package dev.tenon.host.control;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.Issued;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.grant.GrantStore;
import dev.tenon.auth.grant.LiveGrant;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Identity;
import dev.tenon.core.Permission;
import dev.tenon.core.PluginName;
import dev.tenon.core.Reason;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Token;
import dev.tenon.core.Version;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Gives out grants, refreshes them and takes them back, on record before it takes effect; for
 * plugins that come over a wire and for those that do not. Thread-safe.
 */
public final class GrantDesk {
  private static final System.Logger LOG = System.getLogger(GrantDesk.class.getName());
  private static final String EVENT = "grant";

  private final PluginRuns runs;
  private final GrantStore grants;
  private final Supplier<Policy> policy;
  private final Map<ServiceName, Version> offers;
  private final ControlAudit audit;

  /** Makes the desk; {@code offers} are the services that are offered by grant. */
  public GrantDesk(
      PluginRuns runs,
      Supplier<Policy> policy,
      Map<ServiceName, Version> offers,
      ControlAudit audit) {
    this.runs = runs;
    this.grants = runs.trust().grants();
    this.policy = policy;
    this.offers = Map.copyOf(offers);
    this.audit = audit;
  }

  /** What a plugin asks for; no permissions: all that the policy gives it. */
  public record Asked(
      ServiceName service, Optional<Version> least, Reason reason, Set<Permission> permissions) {
    /** Copies the set. */
    public Asked {
      requireNonNull(service, "service");
      requireNonNull(least, "least");
      requireNonNull(reason, "reason");
      permissions = Set.copyOf(permissions);
    }
  }

  /** A grant in effect, and its token on the way to the holder. */
  public record Given(LiveGrant grant, Version version, Issued token) {}

  /** Returns whether {@code service} is offered by grant. */
  public boolean isOffered(ServiceName service) {
    return offers.containsKey(service);
  }

  /**
   * Gives {@code caller} what it asks for.
   *
   * @throws RefusedException if it may not have it, there are too many grants, its run has ended,
   *     or the random source or the audit log fails; nothing is given then
   */
  public Given give(Identity caller, Asked asked) throws RefusedException {
    RuntimeId holder = Callers.runtimeId(caller);
    try {
      Version version = version(caller, asked);
      GrantStore.Draft draft = grants.draft(holder, asked.service(), permissions(caller, asked));
      try {
        record(draft, version, asked.reason());
        grants.activate(draft);
        PluginRun run = runs.find(holder).orElse(null);
        if (run != null) {
          runs.requireLiving(run);
        }
      } catch (RefusedException | RuntimeException e) {
        grants.end(draft.grant());
        throw e;
      }
      return new Given(draft.grant(), version, draft.token());
    } catch (AuditFailedException e) {
      throw e;
    } catch (RefusedException e) {
      audit.denied(
          EVENT, holder.value(), "issue", asked.service().value(), String.valueOf(e.getMessage()));
      throw e;
    }
  }

  private Version version(Identity caller, Asked asked) throws GrantDeniedException {
    Version offered = offers.get(asked.service());
    if (offered == null) {
      throw new GrantDeniedException(Refusal.NOT_FOUND, "not offered by grant");
    }
    if (!policy.get().mayCallAny(caller, asked.service())) {
      throw new GrantDeniedException(Refusal.NOT_FOUND, "not allowed by the policy");
    }
    if (asked.least().filter(least -> least.compareTo(offered) > 0).isPresent()) {
      throw new GrantDeniedException(
          Refusal.VERSION_NOT_OFFERED,
          "version too low",
          asked.service() + ": " + offered + " (expected: " + asked.least().get() + " or later)");
    }
    return offered;
  }

  private Set<Permission> permissions(Identity caller, Asked asked) throws GrantDeniedException {
    Set<Permission> given = policy.get().permissions(caller, asked.service());
    for (Permission permission : asked.permissions()) {
      if (given.stream().noneMatch(each -> each.covers(permission))) {
        throw new GrantDeniedException(
            Refusal.NOT_ALLOWED, "permission not in the policy: " + permission);
      }
    }
    return asked.permissions().isEmpty() ? given : asked.permissions();
  }

  private void record(GrantStore.Draft draft, Version version, Reason reason)
      throws AuditFailedException {
    audit.success(
        EVENT,
        draft.grant().holder().value(),
        "issue",
        draft.grant().service().value(),
        Map.of(
            "grant", draft.grant().id(),
            "version", version.toString(),
            "expires", draft.token().expires().toString(),
            "permissions", new TreeSet<>(texts(draft.grant())).toString(),
            "reason", Token.redact(reason.text())));
  }

  private static Set<String> texts(LiveGrant grant) {
    Set<String> texts = new TreeSet<>();
    grant.permissions().forEach(permission -> texts.add(permission.text()));
    return texts;
  }

  /**
   * Gives the grant {@code id} of {@code caller} a new token and a whole life.
   *
   * @throws RefusedException if the caller has no such grant, may no longer call the service, or
   *     the random source or the audit log fails; nothing changes then
   */
  public Issued refresh(Identity caller, String id) throws RefusedException {
    LiveGrant grant = own(caller, id, "refresh");
    if (!policy.get().mayCallAny(caller, grant.service())) {
      throw unknown(caller, id, "refresh", "not allowed by the policy any more");
    }
    audit.success(
        EVENT,
        grant.holder().value(),
        "refresh",
        grant.service().value(),
        Map.of("grant", grant.id()));
    return grants.refresh(grant);
  }

  /**
   * Ends the grant {@code id} of {@code caller}, which gives it back.
   *
   * @throws RefusedException if the caller has no such grant, or the audit log fails
   */
  public void release(Identity caller, String id) throws RefusedException {
    LiveGrant grant = own(caller, id, "release");
    audit.success(
        EVENT,
        grant.holder().value(),
        "release",
        grant.service().value(),
        Map.of("grant", grant.id()));
    grants.end(grant);
  }

  private LiveGrant own(Identity caller, String id, String action) throws RefusedException {
    Optional<LiveGrant> own = grants.find(Callers.runtimeId(caller), id);
    if (own.isEmpty()) {
      throw unknown(caller, id, action, "unknown, ended or another run's");
    }
    return own.get();
  }

  private GrantDeniedException unknown(Identity caller, String id, String action, String why)
      throws AuditFailedException {
    audit.denied(EVENT, caller.actor(), action, id, why);
    return new GrantDeniedException(Refusal.NOT_FOUND, why);
  }

  /** Takes back the living grants that are {@code which}, whether or not that can be recorded. */
  public void revoke(Predicate<LiveGrant> which) {
    for (LiveGrant grant : grants.all()) {
      if (which.test(grant)) {
        try {
          audit.success(
              EVENT,
              PluginName.HOST,
              "revoke",
              grant.service().value(),
              Map.of(
                  "grant", grant.id(),
                  "holder", grant.holder().value(),
                  "reason", ControlAudit.ASKED));
        } catch (AuditFailedException e) {
          // Containment does not depend on the log.
          LOG.log(Level.WARNING, "the revocation of {0} could not be recorded", grant);
        }
        grants.end(grant);
      }
    }
  }
}
