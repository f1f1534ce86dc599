package dev.tenon.auth.policy;

import java.util.HashMap;
import java.util.Map;

/**
 * Patterns, each compiled once: the rules of many callers tend to have the same, and what they
 * share stays in the processor's cache. Not thread-safe.
 */
final class Globs {
  private final Map<String, Glob> services = new HashMap<>();
  private final Map<String, Glob> methods = new HashMap<>();

  /** Returns {@link Glob#ofServices}. */
  Glob ofServices(String pattern) {
    return services.computeIfAbsent(pattern, Glob::ofServices);
  }

  /** Returns {@link Glob#ofMethods}. */
  Glob ofMethods(String pattern) {
    return methods.computeIfAbsent(pattern, Glob::ofMethods);
  }
}
