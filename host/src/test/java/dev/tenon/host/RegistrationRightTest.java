package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.v1.RegistryGrpc;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a plugin may provide: what the policy says, narrowed by what it declared. */
class RegistrationRightTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["acme.kv.v1.KeyValue", "acme.undeclared.v1.Undeclared"]

      [[provide]]
      plugin = "empty"
      services = []
      """;

  private static final String[] DECLARED = {
    "acme.kv.v1.KeyValue",
    "acme.kv.v1.keyvalue",
    "acme.kv.v1.KeyValu",
    "acme.kv.v1.KeyValues",
    "acme.kv.v1",
    "acme.secrets.v1.Secrets"
  };

  /** Row: RG-1, RG-2. */
  @Test
  void register_allowedAndDeclared_registeredAndAudited() throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha", DECLARED).start()) {
      host.plugin("alpha").register("acme.kv.v1.KeyValue");

      assertThat(host.host().plugins().get(0).services())
          .extracting(Object::toString)
          .containsExactly("acme.kv.v1.KeyValue");
      assertThat(host.audit.entries())
          .filteredOn(entry -> entry.event().equals("registration"))
          .singleElement()
          .satisfies(
              entry -> {
                assertThat(entry.outcome()).isEqualTo("success");
                assertThat(entry.actor()).isEqualTo(host.plugin("alpha").runtimeId());
                assertThat(entry.resource()).isEqualTo("acme.kv.v1.KeyValue");
              });
    }
  }

  /** A token is not optional. Row: RG-1. */
  @Test
  void register_noToken_refusedAndAudited() throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha", DECLARED).start()) {
      RawPlugin alpha = host.plugin("alpha");

      Refused refused =
          Refused.by(
              () ->
                  RawPlugin.deadline(RegistryGrpc.newBlockingStub(alpha.control()))
                      .register(RawPlugin.claim("acme.kv.v1.KeyValue")));

      assertThat(refused.is(Refusal.NOT_AUTHENTICATED)).isTrue();
      assertThat(host.audit.denials("authentication")).containsExactly("missing");
      assertThat(host.host().plugins().get(0).services()).isEmpty();
    }
  }

  /**
   * Declared and not allowed: another type, another case, a prefix, a longer name. The status names
   * plugin and service. Row: RG-2, RG-3.
   *
   * <p>Denies: Registry/Register NOT_ALLOWED.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "acme.kv.v1.keyvalue",
        "acme.kv.v1.KeyValu",
        "acme.kv.v1.KeyValues",
        "acme.kv.v1",
        "acme.secrets.v1.Secrets"
      })
  void register_notInPolicy_refusedNamingPluginAndService(String service) throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha", DECLARED).start()) {
      Refused refused = Refused.by(() -> host.plugin("alpha").register(service));

      assertThat(refused.is(Refusal.NOT_ALLOWED)).isTrue();
      assertThat(refused.text()).isEqualTo("plugin alpha may not provide " + service);
      assertThat(host.audit.denials("registration")).containsExactly("no [[provide]] entry");
      assertThat(host.host().plugins().get(0).services()).isEmpty();
    }
  }

  /** An empty list and no entry at all both mean nothing. Row: RG-2. */
  @ParameterizedTest
  @ValueSource(strings = {"empty", "stranger"})
  void register_noRights_refused(String name) throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled(name, DECLARED).start()) {
      for (String service : DECLARED) {
        assertThat(Refused.by(() -> host.plugin(name).register(service)).is(Refusal.NOT_ALLOWED))
            .isTrue();
      }
    }
  }

  /** Allowed and not declared: refused with the same text, and another reason. Row: RG-3, TK-9. */
  @Test
  void register_notDeclared_refused() throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha", DECLARED).start()) {
      Refused refused =
          Refused.by(() -> host.plugin("alpha").register("acme.undeclared.v1.Undeclared"));

      assertThat(refused.is(Refusal.NOT_ALLOWED)).isTrue();
      assertThat(refused.text())
          .isEqualTo("plugin alpha may not provide acme.undeclared.v1.Undeclared");
      assertThat(host.audit.denials("registration"))
          .containsExactly("not declared when it enrolled");
    }
  }

  /** The host's own services and those of gRPC and Tenon are nobody's to register. Row: RG-3. */
  @ParameterizedTest
  @CsvSource({
    "testservice.v1.Other",
    "tenon.v1.Registry",
    "grpc.health.v1.Health",
    "plugin.v1.Anything"
  })
  void register_serviceOfHost_refusedThoughAllowedAndDeclared(String service) throws Exception {
    String policy = "[[provide]]\nplugin = \"alpha\"\nservices = [\"testservice.v1.Other\"]\n";
    try (TestHost host =
        TestHost.with(policy)
            .set(builder -> builder.offers(NamedOther.SERVICE, new NamedOther("host")))
            .enrolled("alpha", service)
            .start()) {
      assertThat(Refused.by(() -> host.plugin("alpha").register(service)).is(Refusal.NOT_ALLOWED))
          .isTrue();
      assertThat(host.audit.denials("registration")).containsExactly("a service of the host");
    }
  }

  /** One stolen credential opens one service and not its nine neighbours. Row: RG-4. */
  @Test
  void register_credentialOfOneShardOnAllOthers_allRefused() throws Exception {
    List<String> shards =
        IntStream.rangeClosed(0, 9).mapToObj(n -> "acme.shard.v1.Shard" + n).toList();
    StringBuilder policy = new StringBuilder();
    for (int n = 0; n <= 9; n++) {
      policy.append("[[provide]]\nplugin = \"shard").append(n).append("\"\nservices = [\"");
      policy.append(shards.get(n)).append("\"]\nexclusive = true\n\n");
    }
    try (TestHost host =
        TestHost.with(policy.toString())
            .enrolled("shard1", shards.toArray(String[]::new))
            .start()) {
      RawPlugin one = host.plugin("shard1");
      one.register(shards.get(1));

      List<String> others = shards.stream().filter(shard -> !shard.endsWith("1")).toList();
      assertThat(others)
          .hasSize(9)
          .allSatisfy(
              shard -> {
                Refused refused = Refused.by(() -> one.register(shard));
                assertThat(refused.is(Refusal.NOT_ALLOWED)).isTrue();
              });
      assertThat(host.audit.denials("registration")).hasSize(9);
    }
  }
}
