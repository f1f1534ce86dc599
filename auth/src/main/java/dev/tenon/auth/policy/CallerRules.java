package dev.tenon.auth.policy;

import dev.tenon.core.CallPath;
import dev.tenon.core.ServiceName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The rules that match one caller. Those that can match a service are found by its name, if a rule
 * names it; for other services the caller's rules with a wildcard in the service are tried each
 * time. Immutable and thread-safe.
 */
final class CallerRules {
  private final Map<String, ServiceRules> ofNamedServices;
  private final CompiledRule[] ofOtherServices;

  CallerRules(List<CompiledRule> rules) {
    ofOtherServices =
        rules.stream().filter(rule -> !rule.service().isLiteral()).toArray(CompiledRule[]::new);
    Map<String, List<CompiledRule>> named = new HashMap<>();
    for (CompiledRule rule : rules) {
      if (rule.service().isLiteral()) {
        named.computeIfAbsent(rule.service().toString(), name -> new ArrayList<>()).add(rule);
      }
    }
    named.forEach((name, theirs) -> theirs.addAll(ofOthersThatMatch(name)));
    ofNamedServices =
        named.entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Map.Entry::getKey, entry -> new ServiceRules(entry.getValue())));
  }

  private List<CompiledRule> ofOthersThatMatch(String service) {
    return Arrays.stream(ofOtherServices).filter(rule -> rule.service().test(service)).toList();
  }

  /** Decides by all rules that match {@code path}; allocates nothing. */
  Decision decide(CallPath path) {
    ServiceRules ofService = ofNamedServices.get(path.service().value());
    return ofService == null ? decideByOthers(path) : ofService.decide(path.method());
  }

  /** Returns the shortest time that those rules let a call take which match {@code path}. */
  Optional<Duration> maxDeadline(CallPath path) {
    return matching(path.service().value()).stream()
        .filter(rule -> rule.method().test(path.method()))
        .flatMap(rule -> rule.written().maxDeadline().stream())
        .min(Comparator.naturalOrder());
  }

  private Decision decideByOthers(CallPath path) {
    @Nullable CompiledRule strongest = null;
    for (CompiledRule rule : ofOtherServices) {
      if (rule.matches(path)) {
        strongest = rule.over(strongest);
      }
    }
    return strongest == null ? Decision.Deny.NO_RULE : strongest.decision();
  }

  /**
   * Returns whether some rule allows methods of {@code service} that no single rule denies
   * altogether.
   */
  boolean mayCallAny(ServiceName service) {
    List<CompiledRule> matching = matching(service.value());
    return matching.stream()
        .filter(rule -> !rule.isDeny())
        .anyMatch(
            allowing ->
                matching.stream()
                    .noneMatch(rule -> rule.isDeny() && rule.method().covers(allowing.method())));
  }

  private List<CompiledRule> matching(String service) {
    ServiceRules ofService = ofNamedServices.get(service);
    return ofService == null ? ofOthersThatMatch(service) : ofService.rules();
  }

  /** Returns whether some rule allows calls that no single rule denies altogether. */
  boolean mayCallSomething() {
    Set<CompiledRule> all = new HashSet<>(Arrays.asList(ofOtherServices));
    ofNamedServices.values().forEach(ofService -> all.addAll(ofService.rules()));
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
}
