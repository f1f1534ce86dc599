package dev.tenon.auth.policy;

import static dev.tenon.auth.policy.Callers.path;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.CallPath;
import org.junit.jupiter.api.Test;

/** What operators are told about rules. */
class ExplanationTest {
  private static final CallPath GET = path("/acme.kv.v1.KeyValue/Get");

  /** A rule keeps all its fields, for whoever lists or explains. Row: PL-6. */
  @Test
  void rules_everyField_asWritten() throws ConfigException {
    Policy policy =
        Policy.parse(
            allow("r1", "w[a-z]rds", "acme.*", "Get")
                + "audit = 'call'\ndescription = 'words reads'\n"
                + deny("r2", "*", "a.B", "*"));

    assertThat(policy.rules())
        .containsExactly(
            new Rule(
                "r1", "words reads", Effect.ALLOW, "w[a-z]rds", "acme.*", "Get", AuditMode.CALL),
            new Rule("r2", "", Effect.DENY, "*", "a.B", "*", AuditMode.FIRST));
  }

  @Test
  void explain_allowedAndDenied_namesTheRules() throws ConfigException {
    Policy policy =
        Policy.parse(
            allow("wide", "*", "acme.*", "*")
                + deny("no-puts", "*", "acme.*", "Put*")
                + allow("else", "store", "*", "*"));

    Explanation put = policy.explain("words", path("/acme.kv.v1.KeyValue/Put"));
    Explanation get = policy.explain("words", GET);
    Explanation other = policy.explain("words", path("/other.Service/Get"));

    assertThat(put.decision()).isEqualTo(Decision.Deny.by("no-puts"));
    assertThat(put.matching()).extracting(Rule::id).containsExactly("wide", "no-puts");
    assertThat(get.decision()).isEqualTo(new Decision.Allow("wide", AuditMode.FIRST));
    assertThat(other.decision()).isEqualTo(Decision.Deny.NO_RULE);
    assertThat(other.matching()).isEmpty();
  }

  private static String allow(String id, String caller, String service, String method) {
    return rule(id, "allow", caller, service, method);
  }

  private static String deny(String id, String caller, String service, String method) {
    return rule(id, "deny", caller, service, method);
  }

  private static String rule(
      String id, String effect, String caller, String service, String method) {
    return """
    [[rule]]
    id = "%s"
    effect = "%s"
    caller = "%s"
    service = "%s"
    method = "%s"
    """
        .formatted(id, effect, caller, service, method);
  }
}
