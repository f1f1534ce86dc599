package dev.tenon.auth.limit;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * What is counted together.
 *
 * @param what what is asked for
 * @param who who asks, as somebody other than the peer knows it: the runtime id of its verified
 *     certificate, or, before there is one, its user or address; never what the peer says of itself
 */
public record LimitKey(Limited what, String who) {
  /** Checks for null. */
  public LimitKey {
    requireNonNull(what, "what");
    requireNonNull(who, "who");
  }

  /*
   * By hand, since each call asks: those that javac makes for a record are put together at run
   * time, of method handles that no archive of classes holds.
   */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof LimitKey that && what == that.what && who.equals(that.who);
  }

  @Override
  public int hashCode() {
    return 31 * what.hashCode() + who.hashCode();
  }
}
