package dev.tenon.auth.policy;

import static dev.tenon.auth.policy.Callers.path;
import static dev.tenon.auth.policy.Callers.plugin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.PluginName;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.SpiffeId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which rules and entries mean callers and providers behind other hosts. */
class OtherHostRulesTest {
  private static final CallPath GET = path("/acme.kv.v1.KeyValue/Get");
  private static final SpiffeId.OfHost B = host("host-b");

  private static SpiffeId.OfHost host(String name) {
    return new SpiffeId.OfHost(plugin("words").id().trustDomain(), name);
  }

  private static Identity behind(SpiffeId.OfHost host, String plugin) {
    SpiffeId.OfPlugin here = (SpiffeId.OfPlugin) plugin(plugin).id();
    return new Identity(
        new SpiffeId.OfPlugin(host, here.runtimeId()), Identity.Evidence.OTHER_HOST);
  }

  private static Policy rules(String... effectAndCaller) throws ConfigException {
    StringBuilder toml = new StringBuilder();
    for (int i = 0; i < effectAndCaller.length; i += 2) {
      toml.append(
          """
          [[rule]]
          id = "rule%d"
          effect = "%s"
          caller = "%s"
          service = "acme.*"
          """
              .formatted(i, effectAndCaller[i], effectAndCaller[i + 1]));
    }
    return Policy.parse(toml.toString());
  }

  private static boolean allows(Policy policy, Identity caller) {
    return policy.decide(caller, GET) instanceof Decision.Allow;
  }

  /** A rule about plugins of this host says nothing of another's that has the same name. */
  @ParameterizedTest
  @ValueSource(strings = {"words", "*", "w*", "[a-z]ords"})
  void decide_ruleWithoutHost_meansOwnCallersAlone(String caller) throws Exception {
    Policy policy = rules("allow", caller);

    assertThat(allows(policy, plugin("words"))).isTrue();
    assertThat(allows(policy, behind(B, "words"))).isFalse();
    assertThat(policy.mayCallAny(behind(B, "words"), GET.service())).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"words@host-b", "*@host-b", "w*@host-b"})
  void decide_ruleWithHost_meansThatHostsCallersAlone(String caller) throws Exception {
    Policy policy = rules("allow", caller);

    assertThat(allows(policy, behind(B, "words"))).isTrue();
    assertThat(allows(policy, plugin("words"))).isFalse();
    assertThat(allows(policy, behind(host("host-c"), "words"))).isFalse();
    assertThat(allows(policy, behind(host("host-bb"), "words"))).isFalse();
    assertThat(allows(policy, behind(host("host"), "words"))).isFalse();
    assertThat(policy.explain("words@host-b", GET).decision()).isInstanceOf(Decision.Allow.class);
  }

  /** Who denies a name means whoever bears it, unless the rule says where. */
  @ParameterizedTest
  @CsvSource({"words,false", "*,false", "words@host-b,false", "words@host-c,true", "other,true"})
  void decide_denyBesideAllow_deniesOtherHostsCallersToo(String denied, boolean allowed)
      throws Exception {
    assertThat(allows(rules("allow", "*@host-b", "deny", denied), behind(B, "words")))
        .isEqualTo(allowed);
  }

  @Test
  void decide_hostBehindHost_isNotThisHost() throws Exception {
    Identity theirs = new Identity(B, Identity.Evidence.OTHER_HOST);

    assertThat(allows(rules("allow", "host"), theirs)).isFalse();
    assertThat(allows(rules("allow", "host@host-b"), theirs)).isTrue();
    assertThat(allows(rules("allow", "host@host-b"), Callers.HOST)).isFalse();
  }

  /** Every call that crosses hosts is on record unless the rule says otherwise. */
  @Test
  void authorize_ruleWithHost_isAuditedForEveryCallByDefault() throws Exception {
    Policy policy = rules("allow", "*@host-b", "allow", "words");

    assertThat(policy.authorize(behind(B, "words"), GET).audit()).isEqualTo(AuditMode.CALL);
    assertThat(policy.authorize(plugin("words"), GET).audit()).isEqualTo(AuditMode.FIRST);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "words@",
        "@host-b",
        "words@*",
        "words@host-*",
        "words@Host",
        "a@b@c",
        "words@a/b"
      })
  void parse_callerOrProviderThatIsNone_refused(String name) {
    assertThatExceptionOfType(ConfigException.class).isThrownBy(() -> rules("allow", name));
    assertThatExceptionOfType(ConfigException.class).isThrownBy(() -> provides(name));
  }

  private static Policy provides(String plugin) throws ConfigException {
    return Policy.parse(
        "[[provide]]\nplugin = \"%s\"\nservices = [\"acme.kv.v1.KeyValue\"]\n".formatted(plugin));
  }

  /** What a plugin may provide here and what its namesake elsewhere may are two things. */
  @Test
  void mayProvide_entryWithHost_isForPluginsBehindThatHost() throws Exception {
    PluginName kv = new PluginName("kv");
    ServiceName service = GET.service();
    Policy theirs = provides("kv@host-b");
    Policy own = provides("kv");

    assertThat(theirs.mayProvide(B, kv, service)).contains(new ProvideRight(Sharing.SHARED));
    assertThat(theirs.mayProvide(kv, service)).isEmpty();
    assertThat(theirs.mayProvide(host("host-c"), kv, service)).isEmpty();
    assertThat(theirs.mayProvide(B, new PluginName("other"), service)).isEmpty();
    assertThat(theirs.mayProvide(B, kv, new ServiceName("acme.Other"))).isEmpty();
    assertThat(theirs.isProvidable(service)).isTrue();
    assertThat(theirs.isProvidable(B, service)).isTrue();
    assertThat(theirs.isProvidable(host("host-c"), service)).isFalse();
    assertThat(own.mayProvide(B, kv, service)).isEmpty();
    assertThat(own.isProvidable(B, service)).isFalse();
  }

  @Test
  void mayProvide_everythingBehindHost_isNothingReserved() throws Exception {
    Policy policy = Policy.parse("[[provide]]\nplugin = \"kv@host-b\"\nservices = [\"*\"]\n");

    assertThat(policy.mayProvide(B, new PluginName("kv"), GET.service())).isPresent();
    assertThat(policy.isProvidable(B, GET.service())).isTrue();
    assertThat(policy.mayProvide(B, new PluginName("kv"), new ServiceName("tenon.v1.Admin")))
        .isEmpty();
    assertThat(policy.mayProvide(new PluginName("kv"), GET.service())).isEmpty();
  }

  /** Grants are for services of this host, which no caller elsewhere reaches. */
  @Test
  void permissions_callerBehindHost_hasNone() throws Exception {
    Policy policy =
        Policy.parse(
            """
            [[grant]]
            caller = "*"
            service = "acme.kv.v1.KeyValue"
            permissions = ["kv:read:*"]
            """);

    assertThat(policy.permissions(plugin("words"), GET.service())).isNotEmpty();
    assertThat(policy.permissions(behind(B, "words"), GET.service())).isEmpty();
  }
}
