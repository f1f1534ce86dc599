package dev.tenon.auth.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.CallPath;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Policy files that must not be used, each with the field that is named. */
class PolicyFileTest {
  private static final String RULE =
      "[[rule]]\nid = 'r'\neffect = 'allow'\ncaller = 'words'\nservice = 'a.B'\n";
  private static final String PROVIDE = "[[provide]]\nplugin = 'words'\nservices = ['a.B']\n";

  @Test
  void parse_everyKey_accepted() throws ConfigException {
    assertThat(
            Policy.parse(
                PROVIDE
                    + "exclusive = false\n"
                    + RULE
                    + "method = '*'\naudit = 'first'\ndescription = 'words reads'\n"
                    + "direct = true\n"
                    + RULE.replace("'r'", "'r2'")
                    + "max_deadline = 'PT10S'\n"))
        .isNotNull();
  }

  /** A rule with one line replaced or added is refused, naming the field. Row: CF-4. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "id = 'r'|           |policy:1: rule[0].id: got nothing (expected: a string)",
        "effect = 'allow'|   |policy:1: rule[0].effect: got nothing (expected: a string)",
        "caller = 'words'|   |policy:1: rule[0].caller: got nothing (expected: a string)",
        "service = 'a.B'|    |policy:1: rule[0].service: got nothing (expected: a string)",
        "id = 'r'|id = 'a b'|policy:2: rule[0].id: got \"a b\" (expected: 1 to 64 of A-Z",
        "id = 'r'|id = ''|policy:2: rule[0].id: got \"\" (expected: 1 to 64 of A-Z",
        "id = 'r'|id = 7|policy:2: rule[0].id: got 7 (expected: a string)",
        "effect = 'allow'|effect = 'Allow'|policy:3: rule[0].effect: got \"Allow\" (expected:"
            + " \"allow\" or \"deny\")",
        "effect = 'allow'|effect = true|policy:3: rule[0].effect: got true (expected: a string)",
        "effect = 'allow'|efect = 'deny'|policy:3: rule[0].efect: got an unknown key (expected: one"
            + " of audit, caller, description, direct, effect, id, max_deadline, method, service)",
        "caller = 'words'|caller = 'Words'|policy:4: rule[0].caller: got \"Words\" (expected: 1 to"
            + " 256 of a-z",
        "caller = 'words'|caller = '[a-z'|policy:4: rule[0].caller: got \"[a-z\" (expected: ",
        "caller = 'words'|caller = ''|policy:4: rule[0].caller: got \"\" (expected: ",
        "service = 'a.B'|service = '{a,b}'|policy:5: rule[0].service: got \"{a,b}\" (expected: ",
        "service = 'a.B'|service = '!a'|policy:5: rule[0].service: got \"!a\" (expected: ",
        "service = 'a.B'|service = '\\*'|policy:5: rule[0].service: got \"\\*\" (expected: ",
        "service = 'a.B'|service = '*.'|policy:5: rule[0].service: got \"*.\" (expected: no dot",
        "service = 'a.B'|service = '/a.B'|policy:5: rule[0].service: got \"/a.B\" (expected: ",
        "service = 'a.B'|service = ['a.B']|policy:5: rule[0].service: got an array (expected: a"
            + " string)",
      })
  void parse_ruleWithBrokenLine_fieldNamed(String line, String replacement, String problem) {
    String broken = RULE.replace(line, replacement == null ? "" : replacement);

    assertRefused(broken, problem);
  }

  /** A file that says something else than a policy is refused, naming the field. Row: CF-4. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "default_action = 'allow'|policy:1: default_action: got an unknown key (expected: one of"
            + " grant, provide, rule)",
        "[rule]|policy:1: rule: got a table (expected: an array of tables)",
        "rule = ['x']|rule[0]: got \"x\" (expected: an array of tables)",
        "provide = 1|policy:1: provide: got 1 (expected: an array of tables)",
        "rule = no|policy:1: not TOML: Unexpected 'n'",
        "rule = !!java.lang.Runtime []|policy:1: not TOML: Unexpected '!'",
        "rule = &a []|policy:1: not TOML: Unexpected '&'",
        "provide = [{plugin = 'w'}]|provide[0].services: got nothing (expected: an array of"
            + " strings)",
        "provide = [{services = []}]|provide[0].plugin: got nothing (expected: a string)",
        "provide = [{plugin = 'w*', services = []}]|provide[0].plugin: got \"w*\" (expected: a"
            + " lower-case letter",
        "provide = [{plugin = 'host', services = []}]|provide[0].plugin: got \"host\" (expected:"
            + " not the reserved name)",
        "provide = [{plugin = 'w', services = '*'}]|provide[0].services: got \"*\" (expected: an"
            + " array of strings)",
        "provide = [{plugin = 'w', services = ['a.*']}]|provide[0].services[0]: got \"a.*\""
            + " (expected: a protobuf full name",
        "provide = [{plugin = 'w', services = ['a.B', '*']}]|provide[0].services: got \"*\" beside"
            + " names",
        "provide = [{plugin = 'w', services = ['*', '*']}]|provide[0].services: got \"*\" beside"
            + " names",
        "provide = [{plugin = 'w', services = ['tenon.v1.Registry']}]|provide[0].services[0]: got"
            + " \"tenon.v1.Registry\" (expected: not a reserved service)",
        "provide = [{plugin = 'w', services = ['grpc.health.v1.Health']}]|(expected: not a reserved"
            + " service)",
        "provide = [{plugin = 'w', services = [1]}]|provide[0].services[0]: got 1 (expected: an"
            + " array of strings)",
        "provide = [{plugin = 'w', services = [], exclusive = 'no'}]|provide[0].exclusive: got"
            + " \"no\" (expected: true or false)",
        "provide = [{plugin = 'w', services = [], method = '*'}]|provide[0].method: got an unknown"
            + " key",
      })
  void parse_otherThanAPolicy_fieldNamed(String toml, String problem) {
    assertRefused(toml, problem);
  }

  /** Attack: P7. */
  @Test
  void parse_duplicateKey_refusedWithItsLine() {
    assertRefused(RULE + "effect = 'deny'\n", "policy:6: not TOML: effect previously defined");
  }

  @Test
  void parse_duplicateId_refused() {
    assertRefused(
        RULE + RULE, "policy:7: rule[1].id: got \"r\" again (expected: an id of its own)");
  }

  @Test
  void parse_exclusiveDisagrees_refused() {
    String other = PROVIDE.replace("words", "other") + "exclusive = true\n";

    assertRefused(
        PROVIDE + other,
        "policy:7: provide[1].exclusive: got true for \"a.B\" (expected: the same as in its"
            + " earlier");
    assertRefused(other + PROVIDE, "provide[1].exclusive: got false for \"a.B\"");
    assertRefused(
        (PROVIDE + other).replace("a.B", "*"), "provide[1].exclusive: got true for \"*\"");
  }

  @Test
  void parse_methodPatternOfOtherGrammar_refused() {
    assertRefused(RULE + "method = 'a.b'\n", "policy:6: rule[0].method: got \"a.b\" (expected: ");
  }

  @Test
  void parse_descriptionThatCannotBeShown_refused() {
    assertRefused(RULE + "description = \"a\\nb\"\n", "policy:6: rule[0].description: got ");
    assertRefused(
        RULE + "description = '" + "x".repeat(257) + "'\n", "policy:6: rule[0].description: got ");
  }

  @Test
  void parse_unknownAudit_refused() {
    assertRefused(
        RULE + "audit = 'never'\n",
        "policy:6: rule[0].audit: got \"never\" (expected: \"first\" or \"call\")");
  }

  /** All problems are told at once, in the order of the file. Row: CF-4. */
  @Test
  void parse_severalProblems_allTold() {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> Policy.parse("[[rule]]\nid = 1\ncaller = 'X'\nx = 1\n[[provide]]\n"))
        .satisfies(
            refused ->
                assertThat(refused.problems())
                    .extracting(problem -> problem.substring(0, problem.indexOf(": got")))
                    .containsExactly(
                        "policy:1: rule[0].effect",
                        "policy:1: rule[0].service",
                        "policy:2: rule[0].id",
                        "policy:3: rule[0].caller",
                        "policy:4: rule[0].x",
                        "policy:5: provide[0].plugin",
                        "policy:5: provide[0].services"));
  }

  private static void assertRefused(String toml, String problem) {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> Policy.parse(toml))
        .withMessageContaining(problem)
        .satisfies(refused -> assertThat(refused.kind()).isEqualTo(ConfigException.Kind.INVALID));
  }

  /** What is just within its bounds is accepted, and what is just beside refused. */
  @Test
  void parse_atTheBounds_acceptedUpToThem() throws ConfigException {
    assertThat(Policy.parse(RULE.replace("'r'", "'azAZ09-_.'")).rules()).hasSize(1);
    assertThat(Policy.parse(RULE.replace("'r'", "'" + "i".repeat(64) + "'")).rules()).hasSize(1);
    assertThat(Policy.parse(RULE + "description = '" + "x".repeat(256) + "'\n").rules()).hasSize(1);
    for (String refused : List.of("`", "{", "@", "[", "/", ":", "i".repeat(65))) {
      assertRefused(RULE.replace("'r'", "'" + refused + "'"), "rule[0].id: got ");
    }
  }

  /** Row: RT-10. */
  @Test
  void maxDeadline_ofSeveralRules_isTheShortestOfThoseThatMatch() throws ConfigException {
    Policy policy =
        Policy.parse(
            RULE
                + RULE.replace("'r'", "'r1'").replace("'a.B'", "'a.*'")
                + "max_deadline = 'PT20S'\n"
                + RULE.replace("'r'", "'r2'")
                + "method = 'Get'\nmax_deadline = 'PT0.1S'\n");

    assertThat(maxDeadline(policy, "/a.B/Get")).contains(Duration.ofMillis(100));
    assertThat(maxDeadline(policy, "/a.B/Put")).contains(Duration.ofSeconds(20));
    assertThat(maxDeadline(policy, "/a.C/Put")).contains(Duration.ofSeconds(20));
    assertThat(maxDeadline(Policy.parse(RULE), "/a.B/Get")).isEmpty();
  }

  private static Optional<Duration> maxDeadline(Policy policy, String path) {
    try {
      return policy.authorize(Callers.plugin("words"), CallPath.parse(path)).maxDeadline();
    } catch (CallDeniedException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0.099S", "P366D", "PT-1S", "10s", "", "PT9999999999999H"})
  void parse_maxDeadlineOutOfRange_refused(String most) {
    assertRefused(
        RULE + "max_deadline = '" + most + "'\n",
        "rule[0].max_deadline: got \""
            + most
            + "\" (expected: an ISO 8601 duration, PT0.1S to PT8760H)");
  }

  @Test
  void parse_maxDeadlineOfADenyRule_refused() {
    assertRefused(
        RULE.replace("allow", "deny") + "max_deadline = 'PT1S'\n",
        "rule[0].max_deadline: got one (expected: it only where effect = \"allow\")");
  }

  @Test
  void parse_grantWithTooManyPermissions_refused() throws ConfigException {
    String most = permissions(PolicyFile.MAX_PERMISSIONS);
    String more = permissions(PolicyFile.MAX_PERMISSIONS + 1);

    assertThat(Policy.parse(most)).isNotNull();
    assertRefused(more, "grant[0].permissions: got ");
  }

  private static String permissions(int count) {
    return "[[grant]]\ncaller = 'words'\nservice = 'a.B'\npermissions = ["
        + IntStream.range(0, count)
            .mapToObj(i -> "'a:b:" + i + "'")
            .collect(Collectors.joining(","))
        + "]\n";
  }
}
