package dev.tenon.auth.policy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one caller that can match one service. What they say about a method that one of them
 * names is decided beforehand, once and for all: rules do not change. Immutable and thread-safe.
 */
final class ServiceRules {
  private final List<CompiledRule> rules;
  private final Map<String, Decision> ofNamedMethods;
  private final CompiledRule[] ofOtherMethods;

  /**
   * Makes them of {@code rules}, of which earlier ones win if nothing else distinguishes two.
   *
   * @param rules those that match the service
   */
  ServiceRules(List<CompiledRule> rules) {
    this.rules = List.copyOf(rules);
    CompiledRule[] all = rules.toArray(CompiledRule[]::new);
    Map<String, Decision> named = new HashMap<>();
    for (CompiledRule rule : all) {
      if (rule.method().isLiteral()) {
        named.computeIfAbsent(rule.method().toString(), method -> decide(all, method));
      }
    }
    ofNamedMethods = Map.copyOf(named);
    ofOtherMethods =
        rules.stream().filter(rule -> !rule.method().isLiteral()).toArray(CompiledRule[]::new);
  }

  /** Returns all of them, in their order. */
  List<CompiledRule> rules() {
    return rules;
  }

  /** Decides by all of them that match {@code method}; allocates nothing. */
  Decision decide(String method) {
    Decision decision = ofNamedMethods.get(method);
    return decision == null ? decide(ofOtherMethods, method) : decision;
  }

  /** Returns what the first says that denies, else the first of those that ask for most audit. */
  private static Decision decide(CompiledRule[] rules, String method) {
    @Nullable CompiledRule strongest = null;
    for (CompiledRule rule : rules) {
      if (rule.method().test(method)) {
        strongest = rule.over(strongest);
      }
    }
    return strongest == null ? Decision.Deny.NO_RULE : strongest.decision();
  }
}
