package dev.tenon.auth.policy;

import dev.tenon.core.CallPath;
import dev.tenon.core.ServiceName;
import java.util.function.Predicate;

/** One {@code [[rule]]} of a policy. Immutable and thread-safe if its predicates are. */
record PolicyRule(
    String id,
    Effect effect,
    Glob caller,
    Predicate<String> service,
    Glob method,
    AuditMode audit) {
  /** What a rule does with what it matches. */
  enum Effect {
    /** Lets it through, unless another rule denies it. */
    ALLOW,
    /** Refuses it, whatever other rules say. */
    DENY
  }

  boolean isDeny() {
    return effect == Effect.DENY;
  }

  boolean matches(CallPath path) {
    return service.test(path.service().value()) && method.test(path.method());
  }

  boolean matches(ServiceName name) {
    return service.test(name.value());
  }
}
