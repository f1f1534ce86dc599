package dev.tenon.auth.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which calls need not go through the host. Row: RT-24. */
class DirectRulesTest {
  private static final Identity WORDS = identity("words", Identity.Evidence.SVID);
  private static final Identity OTHER = identity("other", Identity.Evidence.SVID);
  private static final CallPath GET = CallPath.parse("/a.B/Get");
  private static final CallPath PUT = CallPath.parse("/a.B/Put");

  private static Identity identity(String plugin, Identity.Evidence evidence) {
    return new Identity(
        SpiffeId.parse(
            "spiffe://tenon.internal/host/h1/plugin/%s/%s-0123456789abcdef"
                .formatted(plugin, plugin)),
        evidence);
  }

  private static String rule(String id, String effect, String method, String more) {
    return """
    [[rule]]
    id = "%s"
    effect = "%s"
    caller = "words"
    service = "a.B"
    method = "%s"
    %s
    """
        .formatted(id, effect, method, more);
  }

  @Test
  void direct_ruleSaysSo_thatCallerServiceAndMethodAlone() throws ConfigException {
    Policy policy =
        Policy.parse(rule("r1", "allow", "*", "") + rule("r2", "allow", "G*", "direct = true"));

    assertThat(policy.direct(WORDS, GET)).contains("r2");
    assertThat(policy.direct(WORDS, PUT)).isEmpty();
    assertThat(policy.direct(OTHER, GET)).isEmpty();
    assertThat(policy.direct(WORDS, CallPath.parse("/a.C/Get"))).isEmpty();
    assertThat(policy.callsDirectly(WORDS)).isTrue();
    assertThat(policy.callsDirectly(OTHER)).isFalse();
    assertThat(policy.isCalledDirectly(new ServiceName("a.B"))).isTrue();
    assertThat(policy.isCalledDirectly(new ServiceName("a.C"))).isFalse();
  }

  @Test
  void direct_withoutTheKeyOrWithFalse_isOff() throws ConfigException {
    for (String more : new String[] {"", "direct = false"}) {
      Policy policy = Policy.parse(rule("r1", "allow", "*", more));

      assertThat(policy.direct(WORDS, GET)).isEmpty();
      assertThat(policy.callsDirectly(WORDS)).isFalse();
    }
  }

  @Test
  void direct_otherRuleDenies_isDenied() throws ConfigException {
    Policy policy =
        Policy.parse(rule("r1", "allow", "*", "direct = true") + rule("r2", "deny", "Get", ""));

    assertThat(policy.direct(WORDS, GET)).isEmpty();
    assertThat(policy.direct(WORDS, PUT)).contains("r1");
  }

  /** Each call is to be on record, and the host records only those that it sees. */
  @Test
  void direct_otherRuleWantsEachCallOnRecord_isOff() throws ConfigException {
    Policy policy =
        Policy.parse(
            rule("r1", "allow", "*", "direct = true")
                + rule("r2", "allow", "Get", "audit = \"call\""));

    assertThat(policy.direct(WORDS, GET)).isEmpty();
    assertThat(policy.direct(WORDS, PUT)).contains("r1");
  }

  /** An authorizer is asked for every call, and its answer may depend on anything. */
  /** Nobody but the host ends a call that takes too long. */
  @Test
  void direct_otherRuleLimitsTheTime_isOff() throws ConfigException {
    Policy policy =
        Policy.parse(
            rule("r1", "allow", "*", "direct = true")
                + rule("r2", "allow", "Get", "max_deadline = \"PT1S\""));

    assertThat(policy.direct(WORDS, GET)).isEmpty();
    assertThat(policy.direct(WORDS, PUT)).contains("r1");
  }

  @Test
  void direct_policyIsNarrowed_isOff() throws ConfigException {
    Policy narrowed =
        Policy.parse(rule("r1", "allow", "*", "direct = true")).narrowedBy(Policy.DENY_ALL);

    assertThat(narrowed.direct(WORDS, GET)).isEmpty();
    assertThat(narrowed.callsDirectly(WORDS)).isFalse();
    assertThat(narrowed.isCalledDirectly(new ServiceName("a.B"))).isFalse();
  }

  @Test
  void direct_callerBehindAnotherHostOrNoPlugin_isOff() throws ConfigException {
    Policy policy = Policy.parse(rule("r1", "allow", "*", "direct = true").replace("words", "*"));

    assertThat(policy.direct(identity("words", Identity.Evidence.OTHER_HOST), GET)).isEmpty();
    assertThat(
            policy.direct(
                new Identity(
                    SpiffeId.parse("spiffe://tenon.internal/host/h1"),
                    Identity.Evidence.IN_PROCESS),
                GET))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "allow|words|audit = \"call\"|got true beside audit = \"call\" (expected: one of them",
        "allow|words|max_deadline = \"PT1S\"|got true beside max_deadline (expected: one of them",
        "deny|words||got true (expected: it only where effect = \"allow\")",
        "allow|host||got true (expected: it only where plugins of this host call)",
        "allow|words@h-1||got true (expected: it only where plugins of this host call)",
        "allow|words@h-1|audit = \"first\"|got true (expected: it only where plugins of this host"
      })
  void parse_directWhereItCannotBe_refused(
      String effect, String caller, String more, String problem) {
    String text =
        rule("r1", effect, "*", "direct = true\n" + (more == null ? "" : more))
            .replace("\"words\"", "\"" + caller + "\"");

    assertThatThrownBy(() -> Policy.parse(text))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("direct: " + problem);
  }

  @Test
  void parse_directThatIsNoTruth_refused() {
    assertThatThrownBy(() -> Policy.parse(rule("r1", "allow", "*", "direct = \"yes\"")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("direct");
  }
}
