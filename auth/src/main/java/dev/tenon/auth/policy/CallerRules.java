package dev.tenon.auth.policy;

import dev.tenon.core.CallPath;
import dev.tenon.core.ServiceName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rules that match one caller. Those of one service are found by its name; only the caller's
 * own rules with a wildcard in the service are tried each time. Immutable and thread-safe.
 */
final class CallerRules {
  private final Map<String, List<CompiledRule>> ofOneService;
  private final List<CompiledRule> ofSeveral;

  CallerRules(List<CompiledRule> rules) {
    ofOneService = new HashMap<>();
    List<CompiledRule> several = new ArrayList<>();
    for (CompiledRule rule : rules) {
      if (rule.service().isLiteral()) {
        ofOneService
            .computeIfAbsent(rule.service().toString(), service -> new ArrayList<>())
            .add(rule);
      } else {
        several.add(rule);
      }
    }
    ofSeveral = List.copyOf(several);
  }

  /** Decides by all rules that match {@code path}; allocates nothing. */
  Decision decide(CallPath path) {
    List<CompiledRule> ofService = ofOneService.getOrDefault(path.service().value(), List.of());
    @Nullable CompiledRule found = strongest(ofService, path, null);
    if (found == null || !found.isDeny()) {
      found = strongest(ofSeveral, path, found);
    }
    return found == null ? Decision.Deny.NO_RULE : found.decision();
  }

  /** Returns the first that denies, otherwise the first of those that ask for most audit. */
  private static @Nullable CompiledRule strongest(
      List<CompiledRule> rules, CallPath path, @Nullable CompiledRule before) {
    @Nullable CompiledRule strongest = before;
    for (int i = 0; i < rules.size(); i++) {
      CompiledRule rule = rules.get(i);
      if (rule.matches(path)) {
        if (rule.isDeny()) {
          return rule;
        }
        if (strongest == null || rule.audit().isStricterThan(strongest.audit())) {
          strongest = rule;
        }
      }
    }
    return strongest;
  }

  /**
   * Returns whether some rule allows methods of {@code service} that no single rule denies
   * altogether.
   */
  boolean mayCallAny(ServiceName service) {
    List<CompiledRule> matching = matching(service);
    return matching.stream()
        .filter(rule -> !rule.isDeny())
        .anyMatch(
            allowing ->
                matching.stream()
                    .noneMatch(rule -> rule.isDeny() && rule.method().covers(allowing.method())));
  }

  /** Returns whether some rule allows calls that no single rule denies altogether. */
  boolean mayCallSomething() {
    List<CompiledRule> all = new ArrayList<>(ofSeveral);
    ofOneService.values().forEach(all::addAll);
    return all.stream()
        .filter(rule -> !rule.isDeny())
        .anyMatch(
            allowing ->
                all.stream()
                    .noneMatch(
                        rule ->
                            rule.isDeny()
                                && rule.service().covers(allowing.service())
                                && rule.method().covers(allowing.method())));
  }

  private List<CompiledRule> matching(ServiceName service) {
    List<CompiledRule> matching =
        new ArrayList<>(ofOneService.getOrDefault(service.value(), List.of()));
    ofSeveral.stream().filter(rule -> rule.matches(service)).forEach(matching::add);
    return matching;
  }
}
