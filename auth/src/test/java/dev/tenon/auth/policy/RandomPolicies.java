package dev.tenon.auth.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/** Rules and calls over an alphabet so small that they often meet. */
final class RandomPolicies {
  private static final String LETTERS = "abc";
  private static final List<String> CLASSES =
      List.of("[a]", "[ab]", "[b-c]", "[!a]", "[!ab]", "[!b-c]", "[a-c]", "[ac]", "[!c]", "[a-bc]");
  private static final int MAX_RULES = 8;

  private final Random random;

  RandomPolicies(Random random) {
    this.random = random;
  }

  String name() {
    StringBuilder name = new StringBuilder();
    do {
      name.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    } while (name.length() < 4 && random.nextInt(3) > 0);
    return name.toString();
  }

  String pattern() {
    if (random.nextInt(4) == 0) {
      return "*";
    }
    StringBuilder pattern = new StringBuilder();
    int elements = 0;
    do {
      switch (random.nextInt(6)) {
        case 0 -> pattern.append('*');
        case 1 -> pattern.append('?');
        case 2 -> pattern.append(CLASSES.get(random.nextInt(CLASSES.size())));
        default -> pattern.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
      }
      elements++;
    } while (elements < 5 && random.nextInt(3) > 0);
    return pattern.toString();
  }

  List<Rule> rules() {
    int count = random.nextInt(MAX_RULES + 1);
    List<Rule> rules = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Effect effect = random.nextInt(3) == 0 ? Effect.DENY : Effect.ALLOW;
      AuditMode audit = random.nextInt(3) == 0 ? AuditMode.CALL : AuditMode.FIRST;
      rules.add(new Rule("r" + i, "", effect, pattern(), pattern(), pattern(), audit));
    }
    return rules;
  }

  PolicyReferenceTest.Call call() {
    return new PolicyReferenceTest.Call(name(), name(), name());
  }

  static String toml(List<Rule> rules) {
    return rules.stream().map(RandomPolicies::toml).collect(Collectors.joining());
  }

  private static String toml(Rule rule) {
    return """
    [[rule]]
    id = "%s"
    effect = "%s"
    caller = "%s"
    service = "%s"
    method = "%s"
    audit = "%s"
    """
        .formatted(
            rule.id(),
            rule.effect() == Effect.ALLOW ? "allow" : "deny",
            rule.caller(),
            rule.service(),
            rule.method(),
            rule.audit() == AuditMode.CALL ? "call" : "first");
  }
}
