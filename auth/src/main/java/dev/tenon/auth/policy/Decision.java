package dev.tenon.auth.policy;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * What a policy says about one call, and by which rule. The rule and the reason are for the audit
 * log and for operators, never for the caller. Immutable and thread-safe.
 */
public sealed interface Decision {
  /** Returns whether the call may be made. */
  boolean isAllow();

  /**
   * The call may be made.
   *
   * @param rule the id of the rule that allows it; of several, of one that asks for most audit
   * @param audit how the call is audited
   */
  record Allow(String rule, AuditMode audit) implements Decision {
    /** Checks for null. */
    public Allow {
      requireNonNull(rule, "rule");
      requireNonNull(audit, "audit");
    }

    @Override
    public boolean isAllow() {
      return true;
    }

    /** Returns this, audited as {@code other} asks if that is stricter. */
    Allow and(Allow other) {
      return other.audit.isStricterThan(audit) ? new Allow(rule, other.audit) : this;
    }
  }

  /**
   * The call is refused.
   *
   * @param rule the id of the rule that denies it; empty where none does
   * @param fault what kept an authorizer from deciding; empty unless the reason is {@link
   *     Reason#FAULT}
   */
  record Deny(Reason reason, String rule, Optional<Throwable> fault) implements Decision {
    static final Deny NO_RULE = new Deny(Reason.NO_RULE, "", Optional.empty());

    /** Checks for null. */
    public Deny {
      requireNonNull(reason, "reason");
      requireNonNull(rule, "rule");
      requireNonNull(fault, "fault");
    }

    /** Returns the refusal by the rule with the id {@code rule}. */
    public static Deny by(String rule) {
      return new Deny(Reason.DENY_RULE, rule, Optional.empty());
    }

    static Deny byAuthorizer(String rule) {
      return new Deny(Reason.AUTHORIZER, rule, Optional.empty());
    }

    static Deny failed(Throwable fault) {
      return new Deny(Reason.FAULT, "", Optional.of(fault));
    }

    @Override
    public boolean isAllow() {
      return false;
    }

    /** Returns the reason as the audit log has it. */
    public String auditReason() {
      return switch (reason) {
        case NO_RULE -> "no rule";
        case DENY_RULE -> "deny rule " + rule;
        case AUTHORIZER -> "authorizer denies: " + rule;
        case FAULT -> "authorizer failed";
      };
    }
  }

  /** Why a call is refused. */
  enum Reason {
    /** No rule allows it. */
    NO_RULE,
    /** A rule denies it. */
    DENY_RULE,
    /** The rules allow it, and an authorizer does not. */
    AUTHORIZER,
    /** An authorizer could not decide. */
    FAULT
  }
}
