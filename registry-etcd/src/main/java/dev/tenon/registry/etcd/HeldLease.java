package dev.tenon.registry.etcd;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The host's lease, and until when it surely lives. etcd counts from when it hears of a renewal;
 * the host counts from before it asked, and a tenth less, so that it stops first even if its clock
 * is slower than etcd's by a tenth. Written by one thread, read by all.
 */
final class HeldLease {
  /** No lease. */
  static final long NONE = 0;

  private final LongSupplier nanoTime;
  private volatile Term term = new Term(NONE, 0);

  /** Counts by {@code nanoTime}, a clock that never goes back. */
  HeldLease(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** One lease until one moment of the clock. */
  record Term(long lease, long until) {}

  /** Returns the lease and its end as they are known now. */
  Term term() {
    return term;
  }

  long id() {
    return term.lease();
  }

  long now() {
    return nanoTime.getAsLong();
  }

  /** Returns whether {@code known} surely lives at this moment. */
  boolean isHeld(Term known) {
    return known.lease() != NONE && now() - known.until() < 0;
  }

  boolean isHeld() {
    return isHeld(term);
  }

  /** Notes that {@code lease} lives for {@code life} from some moment after {@code asked} on. */
  void renewed(long lease, long asked, Duration life) {
    long until = asked + life.toNanos() / 10 * 9;
    Term before = term;
    if (before.lease() != lease || until - before.until() > 0) {
      term = new Term(lease, until);
    }
  }

  /** Notes that there is none any more. */
  void lost() {
    term = new Term(NONE, 0);
  }
}
