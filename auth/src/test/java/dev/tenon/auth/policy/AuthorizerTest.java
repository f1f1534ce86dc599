package dev.tenon.auth.policy;

import static dev.tenon.auth.policy.Callers.path;
import static dev.tenon.auth.policy.Callers.plugin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.ServiceName;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Engines that decide beside the rules. */
class AuthorizerTest {
  private static final CallPath GET = path("/acme.kv.v1.KeyValue/Get");

  /** An engine that throws denies, and is told apart from one that decides. */
  @ParameterizedTest
  @MethodSource("faults")
  void authorize_authorizerFails_deniedAsFault(Throwable fault) throws ConfigException {
    Policy policy = Policy.parse(allow("yes", "words", "*", "*")).narrowedBy(new Failing(fault));

    assertThatExceptionOfType(CallDeniedException.class)
        .isThrownBy(() -> policy.authorize(plugin("words"), GET))
        .satisfies(
            denied -> {
              assertThat(denied.isFault()).isTrue();
              assertThat(denied.auditReason()).isEqualTo("authorizer failed");
              assertThat(denied).hasCause(fault);
              assertThat(denied.publicText()).isEqualTo("not allowed");
            });
    assertThat(policy.mayCallAny(plugin("words"), GET.service())).isFalse();
  }

  static Stream<Throwable> faults() {
    return Stream.of(
        new IllegalStateException("engine"),
        new StackOverflowError(),
        new NoClassDefFoundError("engine"));
  }

  private record Failing(Throwable fault) implements Authorizer {
    @Override
    public Decision decide(Identity caller, CallPath path) {
      throw raised();
    }

    @Override
    public boolean mayCallAny(Identity caller, ServiceName service) {
      throw raised();
    }

    private RuntimeException raised() {
      if (fault instanceof Error error) {
        throw error;
      }
      return (RuntimeException) fault;
    }
  }

  /**
   * An engine is asked about what the rules allow, and can only narrow it.
   *
   * <p>Denies: data POLICY_AUTHORIZER.
   */
  @Test
  void authorize_authorizer_narrowsAndNeverWidens() throws Exception {
    Policy engine =
        Policy.parse(
            allow("engine-yes", "*", "*", "*")
                + "audit = 'call'\n"
                + deny("engine-no", "other", "*", "*"));
    String both = allow("r1", "words", "*", "*") + allow("r2", "other", "*", "*");
    Policy policy = Policy.parse(both).narrowedBy(engine);

    Permit permit = policy.authorize(plugin("words"), GET);
    assertThat(permit.rule()).isEqualTo("r1");
    assertThat(permit.audit()).isEqualTo(AuditMode.CALL);
    assertDenied(policy, plugin("other"), GET, "authorizer denies: engine-no");
    assertDenied(policy, plugin("third"), GET, "no rule");
    assertThat(policy.mayCallAny(plugin("words"), GET.service())).isTrue();
    assertThat(policy.mayCallAny(plugin("other"), GET.service())).isFalse();
    assertThat(policy.mayCallAny(plugin("third"), GET.service())).isFalse();
  }

  /** What an engine said once holds for that call alone. */
  @Test
  void reauthorize_authorizerChangedItsMind_denied() throws Exception {
    AtomicBoolean allows = new AtomicBoolean(true);
    Policy yes = Policy.parse(allow("yes", "*", "*", "*"));
    Policy policy =
        Policy.parse(allow("r", "words", "*", "*"))
            .narrowedBy(
                new Authorizer() {
                  @Override
                  public Decision decide(Identity caller, CallPath path) {
                    return (allows.get() ? yes : Policy.DENY_ALL).decide(caller, path);
                  }

                  @Override
                  public boolean mayCallAny(Identity caller, ServiceName service) {
                    return (allows.get() ? yes : Policy.DENY_ALL).mayCallAny(caller, service);
                  }
                });
    Permit permit = policy.authorize(plugin("words"), GET);

    policy.reauthorize(permit);
    allows.set(false);

    assertThatExceptionOfType(CallDeniedException.class)
        .isThrownBy(() -> policy.reauthorize(permit));
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
}
