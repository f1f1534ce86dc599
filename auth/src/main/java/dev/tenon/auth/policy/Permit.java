package dev.tenon.auth.policy;

import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import java.time.Duration;
import java.util.Optional;

/**
 * Proof that the policy allows one caller one method. Only {@link Policy} makes one, so a call that
 * nobody authorized does not compile. Immutable and thread-safe.
 */
public final class Permit {
  private final Policy giver;
  private final Identity caller;
  private final CallPath path;
  private final String rule;
  private final AuditMode audit;
  private final Optional<Duration> maxDeadline;

  Permit(
      Policy giver,
      Identity caller,
      CallPath path,
      String rule,
      AuditMode audit,
      Optional<Duration> maxDeadline) {
    this.giver = giver;
    this.caller = caller;
    this.path = path;
    this.rule = rule;
    this.audit = audit;
    this.maxDeadline = maxDeadline;
  }

  Policy giver() {
    return giver;
  }

  /** Returns who may call. */
  public Identity caller() {
    return caller;
  }

  /** Returns what may be called. */
  public CallPath path() {
    return path;
  }

  /** Returns the id of the rule that allows the call. */
  public String rule() {
    return rule;
  }

  /** Returns how the call is audited: the strictest that any matching rule asks for. */
  public AuditMode audit() {
    return audit;
  }

  /**
   * Returns how long such a call may take at most, counted from when it came: the shortest that any
   * matching rule says. Empty if none says any.
   */
  public Optional<Duration> maxDeadline() {
    return maxDeadline;
  }

  @Override
  public String toString() {
    return "Permit[" + caller.actor() + " " + path + ", rule " + rule + "]";
  }
}
