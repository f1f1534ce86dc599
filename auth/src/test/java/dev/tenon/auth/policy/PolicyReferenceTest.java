package dev.tenon.auth.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.CallPath;
import dev.tenon.core.ServiceName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;

/** Random policies and calls, decided by {@link Policy} and by a slow evaluator of a few lines. */
class PolicyReferenceTest {
  record Rule(boolean allow, String caller, String service, String method) {
    PolicyRule compiled() {
      return new PolicyRule(
          "rule",
          allow ? PolicyRule.Effect.ALLOW : PolicyRule.Effect.DENY,
          Glob.ofCallers(caller),
          Glob.ofServices(service),
          Glob.ofMethods(method),
          AuditMode.FIRST);
    }
  }

  record Call(String caller, String service, String method) {}

  /** Both orders of the same rules decide like the reference. Row: PL-2. */
  @Property(tries = 1000)
  void authorize_randomRules_likeTheReference(
      @ForAll("rules") List<Rule> rules, @ForAll("calls") Call call) {
    boolean expected = allowed(rules, call);
    Statistics.label("allowed")
        .collect(expected)
        .coverage(coverage -> coverage.check(true).percentage(share -> share > 5));

    assertThat(decide(rules, call)).isEqualTo(expected);
    List<Rule> reversed = new ArrayList<>(rules);
    Collections.reverse(reversed);
    assertThat(decide(reversed, call)).isEqualTo(expected);
  }

  /** What may be called is always shown. */
  @Property(tries = 500)
  void mayCallAny_someCallAllowed_true(
      @ForAll("rules") List<Rule> rules, @ForAll("calls") Call call) {
    if (allowed(rules, call)) {
      assertThat(
              policy(rules).mayCallAny(Callers.plugin(call.caller), new ServiceName(call.service)))
          .isTrue();
    }
  }

  @Property(tries = 1000)
  void covers_anyPair_neverTooMuch(
      @ForAll("patterns") String wide,
      @ForAll("patterns") String narrow,
      @ForAll("names") String n) {
    if (Glob.ofMethods(wide).covers(Glob.ofMethods(narrow)) && matches(narrow, n)) {
      assertThat(matches(wide, n)).isTrue();
    }
  }

  private static boolean decide(List<Rule> rules, Call call) {
    try {
      policy(rules)
          .authorize(
              Callers.plugin(call.caller),
              new CallPath(new ServiceName(call.service), call.method));
      return true;
    } catch (CallDeniedException e) {
      return false;
    }
  }

  private static Policy policy(List<Rule> rules) {
    return new Policy(
        rules.stream().map(Rule::compiled).toList(), new ProvideTable.Builder().build());
  }

  private static boolean allowed(List<Rule> rules, Call call) {
    Optional<Boolean> decision = Optional.empty();
    for (Rule rule : rules) {
      if (matches(rule.caller, call.caller)
          && matches(rule.service, call.service)
          && matches(rule.method, call.method)) {
        decision = Optional.of(decision.orElse(true) && rule.allow);
      }
    }
    return decision.orElse(false);
  }

  private static boolean matches(String pattern, String name) {
    if (pattern.isEmpty()) {
      return name.isEmpty();
    }
    if (pattern.startsWith("*")) {
      return matches(pattern.substring(1), name)
          || (!name.isEmpty() && matches(pattern, name.substring(1)));
    }
    return !name.isEmpty()
        && (pattern.charAt(0) == '?' || pattern.charAt(0) == name.charAt(0))
        && matches(pattern.substring(1), name.substring(1));
  }

  @Provide
  Arbitrary<String> patterns() {
    return Arbitraries.oneOf(
        Arbitraries.of("*", "a*", "*b", "?*", "a", "b"),
        Arbitraries.strings().withChars('a', 'b', '*', '?').ofMinLength(1).ofMaxLength(5));
  }

  @Provide
  Arbitrary<String> names() {
    return Arbitraries.strings().withChars('a', 'b').ofMinLength(1).ofMaxLength(4);
  }

  @Provide
  Arbitrary<List<Rule>> rules() {
    return Combinators.combine(
            Arbitraries.of(true, true, false), patterns(), patterns(), patterns())
        .as(Rule::new)
        .list()
        .ofMaxSize(8);
  }

  @Provide
  Arbitrary<Call> calls() {
    return Combinators.combine(names(), names(), names()).as(Call::new);
  }
}
