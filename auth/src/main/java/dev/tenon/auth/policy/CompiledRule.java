package dev.tenon.auth.policy;

import dev.tenon.core.CallPath;
import org.jspecify.annotations.Nullable;

/** A rule, ready to be matched, and what it decides where it does. Immutable and thread-safe. */
final class CompiledRule {
  private final Rule written;
  private final CallerPattern caller;
  private final Glob service;
  private final Glob method;
  private final Decision decision;

  /**
   * Compiles the patterns of {@code written}, where {@code globs} does not have them.
   *
   * @throws IllegalArgumentException if one is no pattern
   */
  CompiledRule(Rule written, Globs globs) {
    this.written = written;
    caller = CallerPattern.parse(written.caller());
    service = globs.ofServices(written.service());
    method = globs.ofMethods(written.method());
    decision =
        written.effect() == Effect.DENY
            ? Decision.Deny.by(written.id())
            : new Decision.Allow(written.id(), written.audit());
  }

  Rule written() {
    return written;
  }

  CallerPattern caller() {
    return caller;
  }

  /** Returns whether the rule is about {@code caller}. */
  boolean isAbout(String caller) {
    return this.caller.test(caller, written.effect());
  }

  Glob service() {
    return service;
  }

  Glob method() {
    return method;
  }

  boolean isDeny() {
    return written.effect() == Effect.DENY;
  }

  /** Returns what follows if no other rule matches; one instance for each rule. */
  Decision decision() {
    return decision;
  }

  AuditMode audit() {
    return written.audit();
  }

  /**
   * Returns which of two counts where both match: who denies, who asks for more audit, else the
   * earlier.
   */
  CompiledRule over(@Nullable CompiledRule before) {
    if (before == null) {
      return this;
    }
    boolean isStronger = isDeny() || audit().isStricterThan(before.audit());
    return isStronger && !before.isDeny() ? this : before;
  }

  boolean matches(CallPath path) {
    return service.test(path.service().value()) && method.test(path.method());
  }
}
