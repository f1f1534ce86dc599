package dev.tenon.auth.policy;

import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import java.util.Optional;

/**
 * Whom a rule is about: {@code <glob>} for callers of this host, {@code <glob>@<host>} for those
 * behind one other host, which is named and no pattern. Immutable and thread-safe.
 *
 * @param name matches the plugin's name, or {@code host}
 */
record CallerPattern(Glob name, Optional<String> host) {
  private static final char AT = '@';

  /**
   * Parses a pattern.
   *
   * @throws IllegalArgumentException if it is none
   */
  static CallerPattern parse(String pattern) {
    int at = pattern.indexOf(AT);
    return at < 0
        ? new CallerPattern(Glob.ofCallers(pattern), Optional.empty())
        : new CallerPattern(
            Glob.ofCallers(pattern.substring(0, at)), Optional.of(host(pattern.substring(at + 1))));
  }

  /** Returns {@code name}, if a host can have it. */
  static String host(String name) {
    return new SpiffeId.OfHost(new TrustDomain("tenon.internal"), name).host();
  }

  /** Returns whether it is about one caller of this host. */
  boolean isLiteral() {
    return host.isEmpty() && name.isLiteral();
  }

  /**
   * Returns whether a rule with this pattern is about {@code caller}, which an {@link
   * dev.tenon.core.Identity} calls itself. Who is behind another host is meant only where the
   * pattern says so; a rule that denies means it too, where it says nothing of hosts.
   */
  boolean test(String caller, Effect effect) {
    int at = caller.indexOf(AT);
    if (at < 0) {
      return host.isEmpty() && name.test(caller);
    }
    boolean isMeant =
        host.isPresent()
            ? caller.startsWith(host.get(), at + 1)
                && caller.length() == at + 1 + host.get().length()
            : effect == Effect.DENY;
    return isMeant && name.test(caller.substring(0, at));
  }

  @Override
  public String toString() {
    return host.map(behind -> name + "@" + behind).orElseGet(name::toString);
  }
}
