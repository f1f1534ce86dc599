package dev.tenon.auth.policy;

import dev.tenon.core.CallPath;
import dev.tenon.core.ServiceName;

/** A rule, ready to be matched, and what it decides where it does. Immutable and thread-safe. */
final class CompiledRule {
  private final Rule written;
  private final Glob caller;
  private final Glob service;
  private final Glob method;
  private final Decision decision;

  /**
   * Compiles the patterns of {@code written}.
   *
   * @throws IllegalArgumentException if one is no pattern
   */
  CompiledRule(Rule written) {
    this.written = written;
    caller = Glob.ofCallers(written.caller());
    service = Glob.ofServices(written.service());
    method = Glob.ofMethods(written.method());
    decision =
        written.effect() == Effect.DENY
            ? Decision.Deny.by(written.id())
            : new Decision.Allow(written.id(), written.audit());
  }

  Rule written() {
    return written;
  }

  Glob caller() {
    return caller;
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

  boolean matches(CallPath path) {
    return service.test(path.service().value()) && method.test(path.method());
  }

  boolean matches(ServiceName name) {
    return service.test(name.value());
  }
}
