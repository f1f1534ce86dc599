package dev.tenon.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.policy.CallDeniedException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import java.util.List;
import java.util.stream.Stream;

/** What must hold for any text where a policy file is expected. */
final class PolicyText {
  private static final SpiffeId.OfHost HOST =
      new SpiffeId.OfHost(new TrustDomain("tenon.internal"), "h-1");

  private static final List<Identity> CALLERS =
      Stream.of("words", "store", "a").map(PolicyText::plugin).toList();

  private static final List<CallPath> PATHS =
      Stream.of("/acme.kv.v1.KeyValue/Get", "/acme.kv.v1.KeyValue/Put", "/a.B/C")
          .map(CallPath::parse)
          .toList();

  private static final String DENY_ALL =
      """

      [[rule]]
      id = "the-last-rule-of-the-fuzz-test"
      effect = "deny"
      caller = "*"
      service = "*"
      """;

  private PolicyText() {}

  private static Identity plugin(String name) {
    return new Identity(
        new SpiffeId.OfPlugin(HOST, RuntimeId.of(new PluginName(name), 1)), Identity.Evidence.SVID);
  }

  /**
   * Parses {@code bytes}: who may call a method may know of its service; a rule at the end that
   * denies all denies all; all that is no policy is refused with a harmless message.
   *
   * @return whether it was accepted
   */
  static boolean check(byte[] bytes) {
    String text = new String(bytes, UTF_8);
    Policy policy;
    try {
      policy = Policy.parse(text);
    } catch (ConfigException refusal) {
      String message = String.valueOf(refusal.getMessage());
      assertThat(message.replace("\n", "")).matches("[ -~]*");
      assertThat(refusal.problems()).isNotEmpty().allMatch(problem -> problem.startsWith("policy"));
      Refusal.assertShowsNoToken(message);
      return false;
    }
    for (Identity caller : CALLERS) {
      for (CallPath path : PATHS) {
        if (allows(policy, caller, path)) {
          assertThat(policy.mayCallAny(caller, path.service())).isTrue();
        }
      }
    }
    assertDenyWins(text);
    return true;
  }

  private static void assertDenyWins(String text) {
    Policy denying;
    try {
      denying = Policy.parse(text + DENY_ALL);
    } catch (ConfigException e) {
      // The rule's table cannot follow the text: it has no rules, in another form, or this id.
      return;
    }
    for (Identity caller : CALLERS) {
      for (CallPath path : PATHS) {
        assertThat(allows(denying, caller, path)).isFalse();
        assertThat(denying.mayCallAny(caller, path.service())).isFalse();
      }
    }
  }

  private static boolean allows(Policy policy, Identity caller, CallPath path) {
    try {
      assertThat(policy.authorize(caller, path).path()).isEqualTo(path);
      return true;
    } catch (CallDeniedException e) {
      return false;
    }
  }
}
