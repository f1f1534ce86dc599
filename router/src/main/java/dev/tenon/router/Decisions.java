package dev.tenon.router;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tenon.auth.policy.CallDeniedException;
import dev.tenon.auth.policy.Permit;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import java.util.function.Supplier;

/** Asks the policy, and remembers what it allowed. Thread-safe. */
final class Decisions {
  /*
   * A policy instance is an epoch: its permits are remembered beside it, and all are forgotten when
   * the supplier brings another instance. Only permits are remembered, so a caller without rights
   * fills nothing; whoever is allowed any method of a service can fill the memory with its names,
   * which costs a new decision and a new audit record for what was pushed out, no more.
   *
   * Readers load `epoch` once and work on what they loaded. Two threads that see the policy change
   * may both make an epoch; the loser's memory is lost, which costs the same.
   */
  static final int MAX_REMEMBERED = 10_000;

  private final Supplier<Policy> policy;
  private volatile Epoch epoch;

  Decisions(Supplier<Policy> policy) {
    this.policy = policy;
    this.epoch = new Epoch(policy.get());
  }

  /**
   * Returns the decision for a call.
   *
   * @throws CallDeniedException if the policy does not allow it
   */
  Decision decide(Identity caller, CallPath path) throws CallDeniedException {
    Epoch current = current(policy.get());
    Asked asked = new Asked(caller, path);
    Decision remembered = current.allowed.getIfPresent(asked);
    if (remembered != null) {
      current.policy.reauthorize(remembered.permit());
      return remembered;
    }
    Decision decision = new Decision(current.policy, current.policy.authorize(caller, path));
    current.allowed.put(asked, decision);
    return decision;
  }

  /**
   * Checks a call that was permitted against the policy that is in force now.
   *
   * @throws CallDeniedException if that denies it
   */
  void reauthorize(Permit permit) throws CallDeniedException {
    policy.get().reauthorize(permit);
  }

  /** Returns whether the policy that gave {@code permit} is still in force. */
  boolean isCurrent(Permit permit) {
    return policy.get().gave(permit);
  }

  @SuppressWarnings("ReferenceEquality") // an instance is the epoch
  private Epoch current(Policy now) {
    Epoch current = epoch;
    if (current.policy != now) {
      current = new Epoch(now);
      epoch = current;
    }
    return current;
  }

  private record Asked(Identity caller, CallPath path) {}

  private static final class Epoch {
    private final Policy policy;
    private final Cache<Asked, Decision> allowed =
        Caffeine.newBuilder().maximumSize(MAX_REMEMBERED).executor(Runnable::run).build();

    Epoch(Policy policy) {
      this.policy = policy;
    }
  }

  /** A permit, the policy that gave it, and whether the audit log knows of its use. */
  static final class Decision {
    private final Policy policy;
    private final Permit permit;
    private volatile boolean recorded;

    Decision(Policy policy, Permit permit) {
      this.policy = policy;
      this.permit = permit;
    }

    Policy policy() {
      return policy;
    }

    Permit permit() {
      return permit;
    }

    /** Returns whether a call under this permit was written to the audit log. */
    boolean isRecorded() {
      return recorded;
    }

    /** Notes that it was; calls that raced with the first one may each have written it. */
    void markRecorded() {
      recorded = true;
    }
  }
}
