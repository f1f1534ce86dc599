package dev.tenon.auth.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.CallPath;
import dev.tenon.core.ServiceName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import org.junit.jupiter.api.Test;

/**
 * Random policies and calls, decided by {@link Policy} and by a slow evaluator of a few lines that
 * was written from what the rules mean: a call is allowed if some rule that matches it allows and
 * none denies; a rule matches if its three patterns do.
 */
class PolicyReferenceTest {
  /** How many pairs are decided; {@code -Dtenon.policy.pairs=1000000} is the long form. */
  private static final int PAIRS = Integer.getInteger("tenon.policy.pairs", 20_000);

  private static final int CALLS_OF_A_POLICY = 10;

  record Call(String caller, String service, String method) {
    CallPath path() {
      return new CallPath(new ServiceName(service), method);
    }
  }

  // The reference.

  private static boolean allowed(List<Rule> rules, Call call) {
    List<Rule> matching = rules.stream().filter(rule -> matches(rule, call)).toList();
    return matching.stream().anyMatch(rule -> rule.effect() == Effect.ALLOW)
        && matching.stream().noneMatch(rule -> rule.effect() == Effect.DENY);
  }

  private static boolean matches(Rule rule, Call call) {
    return matches(rule.caller(), call.caller)
        && matches(rule.service(), call.service)
        && matches(rule.method(), call.method);
  }

  private static boolean matches(String pattern, String name) {
    if (pattern.isEmpty()) {
      return name.isEmpty();
    }
    if (pattern.startsWith("*")) {
      return matches(pattern.substring(1), name)
          || (!name.isEmpty() && matches(pattern, name.substring(1)));
    }
    if (name.isEmpty()) {
      return false;
    }
    int length = pattern.startsWith("[") ? pattern.indexOf(']') + 1 : 1;
    return matchesOne(pattern.substring(0, length), name.substring(0, 1))
        && matches(pattern.substring(length), name.substring(1));
  }

  /** A class of ours is one of java.util.regex, but for the sign of negation. */
  private static boolean matchesOne(String element, String c) {
    return element.equals("?")
        || (element.startsWith("[") ? c.matches(element.replace("[!", "[^")) : element.equals(c));
  }

  // The comparison.

  /** Attack: P13. Policies as files, random down to the classes. Row: PL-2, PL-3. */
  @Test
  void decide_randomFiles_likeTheReference() throws ConfigException {
    long seed = Long.getLong("tenon.policy.seed", 20261129L);
    RandomPolicies random = new RandomPolicies(new Random(seed));
    int allowed = 0;
    for (int pair = 0; pair < PAIRS; pair += CALLS_OF_A_POLICY) {
      List<Rule> rules = random.rules();
      String toml = RandomPolicies.toml(rules);
      Policy policy = Policy.parse(toml);
      for (int i = 0; i < CALLS_OF_A_POLICY; i++) {
        Call call = random.call();
        boolean expected = allowed(rules, call);
        allowed += expected ? 1 : 0;
        Decision decision = policy.decide(Callers.plugin(call.caller), call.path());
        if (decision.isAllow() != expected) {
          throw new AssertionError("seed " + seed + ", " + call + ": " + decision + " by\n" + toml);
        }
        assertRuleIsOneThatMatches(decision, rules, call);
      }
    }
    assertThat(allowed).as("allowed of %d", PAIRS).isBetween(PAIRS / 20, PAIRS - PAIRS / 20);
  }

  private static void assertRuleIsOneThatMatches(Decision decision, List<Rule> rules, Call call) {
    Effect effect = decision.isAllow() ? Effect.ALLOW : Effect.DENY;
    Optional<String> named =
        decision instanceof Decision.Allow allow
            ? Optional.of(allow.rule())
            : Optional.of(((Decision.Deny) decision).rule()).filter(id -> !id.isEmpty());
    List<String> deciding =
        rules.stream()
            .filter(rule -> rule.effect() == effect && matches(rule, call))
            .map(Rule::id)
            .toList();
    assertThat(named.map(deciding::contains).orElse(deciding.isEmpty())).isTrue();
  }

  /** Both orders of the same rules decide like the reference. Row: PL-2. */
  @Property(tries = 1000)
  void decide_randomRules_likeTheReferenceInBothOrders(
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
    return policy(rules).decide(Callers.plugin(call.caller), call.path()).isAllow();
  }

  private static Policy policy(List<Rule> rules) {
    return new Policy(rules, new ProvideTable.Builder().build());
  }

  @Provide
  Arbitrary<String> patterns() {
    return Arbitraries.randomValue(random -> new RandomPolicies(random).pattern());
  }

  @Provide
  Arbitrary<String> names() {
    return Arbitraries.randomValue(random -> new RandomPolicies(random).name());
  }

  @Provide
  Arbitrary<List<Rule>> rules() {
    return Arbitraries.randomValue(random -> new RandomPolicies(random).rules());
  }

  @Provide
  Arbitrary<Call> calls() {
    return Arbitraries.randomValue(random -> new RandomPolicies(random).call());
  }
}
