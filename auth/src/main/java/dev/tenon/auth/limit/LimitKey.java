package dev.tenon.auth.limit;

import static java.util.Objects.requireNonNull;

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
}
