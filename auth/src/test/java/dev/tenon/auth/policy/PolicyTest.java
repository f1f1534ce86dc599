package dev.tenon.auth.policy;

import static dev.tenon.auth.policy.Callers.path;
import static dev.tenon.auth.policy.Callers.plugin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.PluginName;
import dev.tenon.core.Refusal;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a policy allows, and above all what it does not. */
class PolicyTest {
  private static final CallPath GET = path("/acme.kv.v1.KeyValue/Get");

  /** Without rules nothing is allowed. Row: PL-1. Attack: P2. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n\n",
        "# nothing but a comment",
        "rule = []",
        "[[provide]]\nplugin = 'kv'\nservices = []"
      })
  void authorize_policyWithoutRules_denied(String toml) throws ConfigException {
    Policy policy = Policy.parse(toml);

    assertDenied(policy, plugin("words"), GET, "no rule");
    assertDenied(policy, Callers.HOST, GET, "no rule");
    assertThat(policy.mayCallAny(plugin("words"), GET.service())).isFalse();
    assertThat(policy.mayProvide(new PluginName("kv"), GET.service())).isEmpty();
    assertThat(policy.isProvidable(GET.service())).isFalse();
  }

  /** A deny wins before an allow and after it, narrower or wider. Row: PL-2. Attack: P1. */
  @ParameterizedTest
  @CsvSource({
    "acme.*, acme.kv.v1.KeyValue",
    "acme.kv.v1.KeyValue, acme.*",
    "acme.kv.v1.KeyValue, acme.kv.v1.KeyValue",
    "*, *.KeyValue",
  })
  void authorize_allowAndDeny_deniedInBothOrders(String allowed, String denied) throws Exception {
    String allow = allow("yes", "*", allowed, "*");
    String deny = deny("no", "words", denied, "*");

    assertDenied(Policy.parse(allow + deny), plugin("words"), GET, "deny rule no");
    assertDenied(Policy.parse(deny + allow), plugin("words"), GET, "deny rule no");
    assertThat(Policy.parse(deny + allow).authorize(plugin("other"), GET).rule()).isEqualTo("yes");
  }

  /** Deny wins among rules of the same caller, in both orders. Row: PL-2. */
  @ParameterizedTest
  @ValueSource(strings = {"words", "w*", "*"})
  void authorize_sameCaller_deniedInBothOrders(String caller) throws Exception {
    String allow = allow("yes", caller, "acme.*", "*");
    String deny = deny("no", caller, "acme.kv.v1.KeyValue", "*");

    assertDenied(Policy.parse(allow + deny), plugin("words"), GET, "deny rule no");
    assertDenied(Policy.parse(deny + allow), plugin("words"), GET, "deny rule no");
  }

  /** Deny wins when the wide rule denies and the narrow one allows. Row: PL-2. */
  @Test
  void authorize_denyOfEveryCaller_beatsAllowOfOne() throws ConfigException {
    String allow = allow("yes", "words", "*", "*");
    String deny = deny("no", "*", "*", "Get");

    assertDenied(Policy.parse(allow + deny), plugin("words"), GET, "deny rule no");
    assertDenied(Policy.parse(deny + allow), plugin("words"), GET, "deny rule no");
  }

  /** Callers, services and methods each matter. Row: PL-7. */
  @ParameterizedTest
  @CsvSource({
    "words, /acme.files.v1.Files/Read, true",
    "words, /acme.files.v1.Files/Write, false",
    "words, /acme.kv.v1.KeyValue/Get, true",
    "words, /acme.kv.v1.KeyValue/Set, true",
    "words, /acme.kv.v2.KeyValue/Get, false",
    "words-2, /acme.kv.v1.KeyValue/Get, true",
    "words-2, /acme.files.v1.Files/Read, false",
    "word, /acme.kv.v1.KeyValue/Get, false",
    "wordsmith, /acme.kv.v1.KeyValue/Get, false",
    "files, /acme.kv.v1.KeyValue/Get, false",
    "host, /acme.files.v1.Files/Write, true",
    "host, /acme.kv.v1.KeyValue/Get, false",
  })
  void authorize_matrix_asWritten(String caller, String path, boolean allowed) throws Exception {
    Policy policy =
        Policy.parse(
            allow("r1", "words", "acme.files.v1.Files", "Read")
                + allow("r2", "words", "acme.kv.v1.*", "?et")
                + allow("r3", "words-?", "acme.kv.v1.KeyValue", "*")
                + allow("r4", "host", "acme.files.v1.Files", "*"));
    Identity identity = caller.equals("host") ? Callers.HOST : plugin(caller);

    if (allowed) {
      assertThat(policy.authorize(identity, path(path)).path()).hasToString(path);
    } else {
      assertDenied(policy, identity, path(path), "no rule");
    }
  }

  @Test
  void authorize_denied_peerLearnsNothing() throws ConfigException {
    Policy policy = Policy.parse(deny("secret-rule", "words", "*", "*"));

    assertThatExceptionOfType(CallDeniedException.class)
        .isThrownBy(() -> policy.authorize(plugin("words"), GET))
        .satisfies(
            denied -> {
              assertThat(denied.refusal()).isEqualTo(Refusal.NOT_ALLOWED);
              assertThat(denied.publicText()).isEqualTo("not allowed");
              assertThat(denied)
                  .hasMessage(
                      "words-0000000000000abc may not call /acme.kv.v1.KeyValue/Get: deny rule"
                          + " secret-rule");
            });
  }

  @Test
  void authorize_allowed_permitCarriesTheDecision() throws Exception {
    Identity caller = plugin("words");

    Permit permit = Policy.parse(allow("r1", "words", "*", "*")).authorize(caller, GET);

    assertThat(permit.caller()).isEqualTo(caller);
    assertThat(permit.path()).isEqualTo(GET);
    assertThat(permit.rule()).isEqualTo("r1");
    assertThat(permit.audit()).isEqualTo(AuditMode.FIRST);
    assertThat(permit)
        .hasToString("Permit[words-0000000000000abc /acme.kv.v1.KeyValue/Get, rule r1]");
  }

  @Test
  void authorize_severalAllow_strictestAuditWinsInBothOrders() throws Exception {
    String first = allow("first", "words", "*", "*");
    String call = allow("call", "*", "*", "*") + "audit = 'call'\n";

    assertThat(Policy.parse(first + call).authorize(plugin("words"), GET).rule()).isEqualTo("call");
    assertThat(Policy.parse(call + first).authorize(plugin("words"), GET).audit())
        .isEqualTo(AuditMode.CALL);
  }

  /** More callers than are kept ready are decided like the first ones. */
  @Test
  void decide_moreCallersThanKept_sameDecision() throws ConfigException {
    Policy policy = Policy.parse(allow("some", "p[0-4]*", "*", "*"));

    for (int i = 0; i < 3 * Policy.MAX_CALLERS; i++) {
      String name = "p" + i;
      assertThat(policy.decide(plugin(name), GET).isAllow())
          .as(name)
          .isEqualTo(name.charAt(1) <= '4');
    }
  }

  @ParameterizedTest
  @CsvSource({
    "*, '', true",
    "Get, '', true",
    "Get, Get, false",
    "Get, Set, true",
    "Get, G*, false",
    "G*, Get, true",
    "G*, G*, false",
    "*, G*, true",
    "G*, *, false",
  })
  void mayCallAny_someMethodLeft_true(String allowed, String denied, boolean any)
      throws ConfigException {
    String toml =
        allow("yes", "words", "acme.*", allowed)
            + (denied.isEmpty() ? "" : deny("no", "words", "acme.kv.*", denied));

    assertThat(Policy.parse(toml).mayCallAny(plugin("words"), GET.service())).isEqualTo(any);
  }

  @Test
  void mayCallAny_otherCallerOrService_false() throws ConfigException {
    Policy policy = Policy.parse(allow("yes", "words", "acme.kv.*", "*"));

    assertThat(policy.mayCallAny(plugin("other"), GET.service())).isFalse();
    assertThat(policy.mayCallAny(plugin("words"), new ServiceName("acme.files.v1.Files")))
        .isFalse();
  }

  /** Only the exact type in the exact case may be provided. Row: RG-2. */
  @ParameterizedTest
  @CsvSource({
    "words, acme.words.v1.Words, true",
    "words, acme.words.v1.Other, false",
    "words, acme.words.v1.words, false",
    "words, acme.words.v1.Word, false",
    "words, acme.words.v1.WordsX, false",
    "words, acme.words.v1, false",
    "empty, acme.words.v1.Words, false",
    "unknown, acme.words.v1.Words, false",
    "dev, acme.words.v1.Words, true",
    "dev, any.other.Service, true",
    "dev, grpc.health.v1.Health, false",
    "dev, tenon.v1.Registry, false",
  })
  void mayProvide_matrix_asWritten(String plugin, String service, boolean allowed)
      throws ConfigException {
    Policy policy =
        Policy.parse(
            """
            [[provide]]
            plugin = "words"
            services = ["acme.words.v1.Words"]
            [[provide]]
            plugin = "empty"
            services = []
            [[provide]]
            plugin = "dev"
            services = ["*"]
            """);

    assertThat(policy.mayProvide(new PluginName(plugin), new ServiceName(service)).isPresent())
        .isEqualTo(allowed);
  }

  @Test
  void mayProvide_exclusive_belongsToTheService() throws ConfigException {
    Policy policy =
        Policy.parse(
            """
            [[provide]]
            plugin = "one"
            services = ["a.One"]
            exclusive = true
            [[provide]]
            plugin = "dev"
            services = ["*"]
            [[provide]]
            plugin = "one"
            services = ["a.Two"]
            """);

    assertThat(policy.mayProvide(new PluginName("one"), new ServiceName("a.One")))
        .contains(new ProvideRight(Sharing.EXCLUSIVE));
    assertThat(policy.mayProvide(new PluginName("dev"), new ServiceName("a.One")))
        .contains(new ProvideRight(Sharing.EXCLUSIVE));
    assertThat(policy.mayProvide(new PluginName("one"), new ServiceName("a.Two")))
        .contains(new ProvideRight(Sharing.SHARED));
    assertThat(policy.mayProvide(new PluginName("dev"), new ServiceName("a.Three")))
        .contains(new ProvideRight(Sharing.SHARED));
  }

  @Test
  void isProvidable_namedByAnEntry_true() throws ConfigException {
    Policy policy = Policy.parse("[[provide]]\nplugin = 'one'\nservices = ['a.One']\n");
    Policy every = Policy.parse("[[provide]]\nplugin = 'one'\nservices = ['*']\n");

    assertThat(policy.isProvidable(new ServiceName("a.One"))).isTrue();
    assertThat(policy.isProvidable(new ServiceName("a.Two"))).isFalse();
    assertThat(every.isProvidable(new ServiceName("a.Two"))).isTrue();
    assertThat(every.isProvidable(new ServiceName("tenon.v1.Registry"))).isFalse();
  }

  private static void assertDenied(Policy policy, Identity caller, CallPath path, String reason) {
    assertThatExceptionOfType(CallDeniedException.class)
        .isThrownBy(() -> policy.authorize(caller, path))
        .satisfies(denied -> assertThat(denied.auditReason()).isEqualTo(reason));
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

  @Test
  void authorize_denied_decisionIsOfTheRuleAndNoFault() throws ConfigException {
    Policy policy = Policy.parse(deny("never", "words", "*", "*"));

    assertThatExceptionOfType(CallDeniedException.class)
        .isThrownBy(() -> policy.authorize(plugin("words"), GET))
        .satisfies(
            denied -> {
              assertThat(denied.isFault()).isFalse();
              assertThat(denied.decision()).isEqualTo(Decision.Deny.by("never"));
            });
  }

  /** A permit of another policy is decided anew, one of this policy holds. */
  @Test
  void reauthorize_permitOfAnotherPolicy_decidedAnew() throws Exception {
    Policy before = Policy.parse(allow("yes", "words", "*", "*"));
    Policy after = Policy.parse(deny("no", "words", "*", "*"));
    Permit permit = before.authorize(plugin("words"), GET);

    before.reauthorize(permit);

    assertThat(before.gave(permit)).isTrue();
    assertThat(after.gave(permit)).isFalse();
    assertThatExceptionOfType(CallDeniedException.class)
        .isThrownBy(() -> after.reauthorize(permit));
  }

  @ParameterizedTest
  @CsvSource({
    "CALL, FIRST, true",
    "FIRST, CALL, false",
    "CALL, CALL, false",
    "FIRST, FIRST, false"
  })
  void isStricterThan_ofEachPair_onlyCallThanFirst(AuditMode one, AuditMode other, boolean is) {
    assertThat(one.isStricterThan(other)).isEqualTo(is);
  }

  /** Where a plugin may provide everything, what some rule leaves is something. */
  @ParameterizedTest
  @CsvSource({"Get, Set*, true", "Get, G*, false", "Get, *, false", "*, Get, true"})
  void mayCallSomeOf_providerOfEverything_ifARuleLeavesSomething(
      String allowed, String denied, boolean some) throws ConfigException {
    Policy policy =
        Policy.parse(
            allow("yes", "words", "acme.*", allowed)
                + deny("no", "words", "*", denied)
                + "[[provide]]\nplugin = 'kv'\nservices = ['*']\n");

    assertThat(policy.mayCallSomeOf("words", "kv")).isEqualTo(some);
  }
}
