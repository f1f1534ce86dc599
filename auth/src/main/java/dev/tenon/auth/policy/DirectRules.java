package dev.tenon.auth.policy;

import dev.tenon.core.CallPath;
import dev.tenon.core.ServiceName;
import java.util.List;
import java.util.Optional;

/** The rules that let plugins be introduced to each other. Immutable and thread-safe. */
record DirectRules(List<CompiledRule> rules) {
  /** Keeps those of {@code all} that do. */
  static DirectRules among(List<CompiledRule> all) {
    return new DirectRules(
        all.stream().filter(rule -> rule.written().way() == CallWay.DIRECT).toList());
  }

  /** Returns the first rule by which {@code caller} may call {@code path} directly. */
  Optional<CompiledRule> first(String caller, CallPath path) {
    return rules.stream().filter(rule -> rule.isAbout(caller) && rule.matches(path)).findFirst();
  }

  boolean isAbout(String caller) {
    return rules.stream().anyMatch(rule -> rule.isAbout(caller));
  }

  boolean isAbout(ServiceName service) {
    return rules.stream().anyMatch(rule -> rule.service().test(service.value()));
  }
}
