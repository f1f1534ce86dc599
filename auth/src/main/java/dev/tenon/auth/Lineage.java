package dev.tenon.auth;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The keys and token digests of one run at one moment: a generation, and during grace its one
 * successor. Immutable and thread-safe; a renewal makes another.
 */
record Lineage(Generation current, @Nullable Succession succession) {

  /** One key, and the token that was handed out with it. */
  record Generation(Digest key, Digest token, Expiry tokenExpiry) {}

  /** The generation to come, and when the current one ends. */
  record Succession(Generation next, Expiry graceEnd) {}

  /** What a renewal over a connection's key that brings a key is. */
  enum Renewal {
    /** The first of this generation, or the first over the successor's key. */
    SUCCESSION,
    /** The pending one again: its answer was lost. */
    RETRY,
    /** Another than the pending one: two parties hold the connection's key. */
    FORK,
    /** Over a key that is not, or no longer, the lineage's. */
    STRANGER
  }

  /** Returns the lineage of a run that has just enrolled. */
  static Lineage of(Generation first) {
    return new Lineage(first, null);
  }

  /** Returns what is left of the lineage when grace is over, or this. */
  Lineage now() {
    return succession != null && succession.graceEnd().isOver() ? of(succession.next()) : this;
  }

  /** Returns whether {@code key} is a live key. */
  boolean hasKey(Digest key) {
    return current.key().equals(key) || (succession != null && succession.next().key().equals(key));
  }

  /**
   * Returns the generation whose token has {@code digest}, or null. Compares with two digests
   * always, to the end, so that the time tells nothing.
   */
  @Nullable Generation withToken(Digest digest) {
    boolean isCurrent = current.token().equals(digest);
    boolean isNext = (succession == null ? Digest.NONE : succession.next().token()).equals(digest);
    if (isCurrent) {
      return current;
    }
    return isNext && succession != null ? succession.next() : null;
  }

  /** Returns what a renewal over {@code connectionKey} that brings {@code newKey} is. */
  Renewal judge(Digest connectionKey, Digest newKey) {
    if (!hasKey(connectionKey)) {
      return Renewal.STRANGER;
    }
    if (succession == null) {
      return Renewal.SUCCESSION;
    }
    Digest pendingKey = succession.next().key();
    if (connectionKey.equals(current.key()) && newKey.equals(pendingKey)) {
      return Renewal.RETRY;
    }
    return connectionKey.equals(pendingKey) ? Renewal.SUCCESSION : Renewal.FORK;
  }

  /** Returns the lineage with {@code next} as its successor; a pending one becomes current. */
  Lineage succeededBy(Generation next, Expiry graceEnd) {
    return new Lineage(
        succession == null ? current : succession.next(), new Succession(next, graceEnd));
  }

  /** Returns the lineage with {@code next} in place of the pending successor, in the same grace. */
  Lineage retriedWith(Generation next) {
    return succession == null
        ? this
        : new Lineage(current, new Succession(next, succession.graceEnd()));
  }

  /** Returns the digests of the tokens, one or two. */
  Set<Digest> tokens() {
    return succession == null
        ? Set.of(current.token())
        : Set.of(current.token(), succession.next().token());
  }
}
