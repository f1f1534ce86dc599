package dev.tenon.auth.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.Permission;
import dev.tenon.core.ServiceName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The permissions that a policy gives within services of the host. */
class GrantTableTest {
  /**
   * Entries give permissions within a service, to whom their pattern names; together they add up.
   *
   * <p>Row: CG-9
   */
  @Test
  void grant_severalEntries_addUp() throws Exception {
    Policy policy =
        Policy.parse(
            """
            [[grant]]
            caller = "words"
            service = "acme.Secrets"
            permissions = ["secrets:read:db/*"]
            [[grant]]
            caller = "w*"
            service = "acme.Secrets"
            permissions = ["secrets:list:app/*"]
            """);
    ServiceName secrets = new ServiceName("acme.Secrets");
    assertThat(policy.permissions(Callers.plugin("words"), secrets))
        .extracting(Permission::text)
        .containsExactlyInAnyOrder("secrets:read:db/*", "secrets:list:app/*");
    assertThat(policy.permissions(Callers.plugin("wall"), secrets))
        .extracting(Permission::text)
        .containsExactly("secrets:list:app/*");
    assertThat(policy.permissions(Callers.plugin("log"), secrets)).isEmpty();
    assertThat(policy.permissions(Callers.plugin("words"), new ServiceName("acme.Log"))).isEmpty();
    assertThat(policy.mayCallAny(Callers.plugin("words"), secrets))
        .as("no right to call")
        .isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "caller = \"words\"\nservice = \"acme.A\"",
        "caller = \"words\"\npermissions = []",
        "service = \"acme.A\"\npermissions = []",
        "caller = \"words\"\nservice = \"acme.*\"\npermissions = []",
        "caller = \"words\"\nservice = \"tenon.v1.Grants\"\npermissions = []",
        "caller = \"words\"\nservice = \"acme.A\"\npermissions = [\"secrets:*:x\"]",
        "caller = \"words\"\nservice = \"acme.A\"\npermissions = [\"a:b:../c\"]",
        "caller = \"words\"\nservice = \"acme.A\"\npermissions = []\nmethod = \"Get\""
      })
  void grant_anythingElse_isRefused(String entry) {
    assertThatThrownBy(() -> Policy.parse("[[grant]]\n" + entry + "\n"))
        .isInstanceOf(ConfigException.class);
  }
}
