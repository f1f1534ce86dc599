package dev.tenon.router;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tenon.auth.policy.CallDeniedException;
import dev.tenon.auth.policy.Permit;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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

  /** How often a decision that is no longer remembered may be quiet; a call may still hold it. */
  private static final int QUIET_ROUNDS = 2;

  private final Supplier<Policy> policy;
  private final Set<Decision> counted = ConcurrentHashMap.newKeySet();
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
  @SuppressWarnings("ReferenceEquality") // an instance is the epoch
  Decision decide(Identity caller, CallSite site) throws CallDeniedException {
    Policy now = policy.get();
    Decision last = site.decision();
    if (last != null && last.policy == now && !last.forgotten) {
      now.reauthorize(last.permit());
      return last;
    }
    Decision decision = decide(now, caller, site.path());
    site.decided(decision);
    return decision;
  }

  private Decision decide(Policy now, Identity caller, CallPath path) throws CallDeniedException {
    Epoch current = current(now);
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

  /**
   * Writes how many calls went under each permit since it was last written, without those that were
   * recorded by themselves. What cannot be written is counted on. Blocks on nothing but another
   * thread that does the same.
   */
  synchronized void summarize(CallAudit audit) {
    for (Iterator<Decision> all = counted.iterator(); all.hasNext(); ) {
      Decision decision = all.next();
      long calls = decision.takeCalls();
      if (calls > 0) {
        decision.quiet = 0;
        var unused =
            audit
                .summary(decision.permit, calls)
                .whenComplete((done, failure) -> decision.putBack(failure == null ? 0 : calls));
      } else if (!isCurrent(decision) && ++decision.quiet > QUIET_ROUNDS) {
        decision.forgotten = true;
        all.remove();
      }
    }
  }

  /** Returns how many decisions have a count that may still have to be written. */
  int counted() {
    return counted.size();
  }

  @SuppressWarnings("ReferenceEquality") // another decision has a count of its own
  private boolean isCurrent(Decision decision) {
    Asked asked = new Asked(decision.permit.caller(), decision.permit.path());
    return epoch.allowed.getIfPresent(asked) == decision;
  }

  /** A permit, the policy that gave it, and what the audit log knows of its use. */
  final class Decision {
    /*
     * `told` is how many of `later` are in a summary; neither is ever set back, so that a call
     * that is counted meanwhile is counted once.
     */
    private final Policy policy;
    private final Permit permit;
    private final AtomicReference<@Nullable CompletableFuture<Void>> first =
        new AtomicReference<>();
    private final LongAdder later = new LongAdder();
    private final AtomicLong told = new AtomicLong();
    private int quiet;

    /** Whether nobody counts its calls any more: who still knows it is to have another made. */
    private volatile boolean forgotten;

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

    /**
     * Returns what completes when the log knows of a call under this permit: of the first one,
     * which {@code record} hands in; later ones are counted. After a failure the next call tries.
     */
    CompletableFuture<Void> recorded(Supplier<CompletableFuture<Void>> record) {
      while (true) {
        CompletableFuture<Void> known = first.get();
        if (known != null && !known.isCompletedExceptionally()) {
          count(known);
          return known;
        }
        CompletableFuture<Void> mine = new CompletableFuture<>();
        if (first.compareAndSet(known, mine)) {
          counted.add(this);
          var unused = record.get().whenComplete((done, failure) -> complete(mine, failure));
          return mine;
        }
      }
    }

    /**
     * Returns what {@link #recorded} would, and counts the call, if there was a first one before
     * and its record did not fail; else null.
     */
    @Nullable CompletableFuture<Void> recordedBefore() {
      CompletableFuture<Void> known = first.get();
      if (known == null || known.isCompletedExceptionally()) {
        return null;
      }
      count(known);
      return known;
    }

    private void count(CompletableFuture<Void> known) {
      if (known.isDone()) {
        later.increment();
      } else {
        var unused = known.thenRun(later::increment);
      }
    }

    private static void complete(CompletableFuture<Void> mine, @Nullable Throwable failure) {
      if (failure == null) {
        mine.complete(null);
      } else {
        mine.completeExceptionally(failure);
      }
    }

    private long takeCalls() {
      long calls = later.sum() - told.get();
      told.addAndGet(calls);
      return calls;
    }

    private void putBack(long calls) {
      told.addAndGet(-calls);
    }
  }
}
