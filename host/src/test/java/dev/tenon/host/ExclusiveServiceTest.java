package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.v1.RegisterResponse;
import dev.tenon.v1.UnregisterRequest;
import org.junit.jupiter.api.Test;

/** Two plugins with the right to an exclusive service. */
class ExclusiveServiceTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "first"
      services = ["testservice.v1.Echo"]
      exclusive = true

      [[provide]]
      plugin = "second"
      services = ["testservice.v1.Echo"]
      exclusive = true

      [[rule]]
      id = "host"
      effect = "allow"
      caller = "host"
      service = "testservice.v1.Echo"
      """;

  /**
   * The second is refused, on record, and the first goes on serving. Row: RG-5.
   *
   * <p>Denies: Registry/Register SERVICE_TAKEN.
   */
  @Test
  void register_takenByAnother_refusedAndFirstUndisturbed() throws Exception {
    try (TestHost host = host()) {
      RawPlugin first = host.plugin("first");
      RegisterResponse registered = first.registry().register(RawPlugin.claim(NamedEcho.SERVICE));
      assertThat(registered.getExclusive()).isTrue();

      Refused refused = Refused.by(() -> host.plugin("second").register(NamedEcho.SERVICE));

      assertThat(refused.is(Refusal.SERVICE_TAKEN)).isTrue();
      assertThat(refused.text()).doesNotContain(first.runtimeId());
      assertThat(host.audit.denials("registration")).hasSize(1);
      assertThat(call(host)).isEqualTo("first");
      assertThat(
              first
                  .registry()
                  .unregister(
                      UnregisterRequest.newBuilder()
                          .setRegistrationId(registered.getRegistrationId())
                          .build()))
          .isNotNull();
      host.plugin("second").register(NamedEcho.SERVICE);
      assertThat(call(host)).isEqualTo("second");
    }
  }

  /**
   * Registering again replaces one's own registration; the id before is unknown then. Row: RG-5.
   */
  @Test
  void register_again_replacesOwn() throws Exception {
    try (TestHost host = host()) {
      RawPlugin first = host.plugin("first");
      String before = first.register(NamedEcho.SERVICE);

      String after = first.register(NamedEcho.SERVICE);

      assertThat(after).isNotEqualTo(before);
      assertThat(host.host().plugins().get(0).services()).hasSize(1);
      assertThat(
              Refused.by(
                      () ->
                          first
                              .registry()
                              .unregister(
                                  UnregisterRequest.newBuilder().setRegistrationId(before).build()))
                  .is(Refusal.NOT_FOUND))
          .isTrue();
    }
  }

  private static TestHost host() throws Exception {
    return TestHost.with(POLICY)
        .scripted("first", RawRuntime.Tree.NONE, plugin -> serve(plugin, "first"))
        .scripted("second", RawRuntime.Tree.NONE, plugin -> serve(plugin, "second"))
        .start();
  }

  private static void serve(RawPlugin plugin, String name) throws Exception {
    plugin.enrol(NamedEcho.SERVICE);
    plugin.serve(new NamedEcho(name));
    plugin.healthy();
  }

  private static String call(TestHost host) {
    return host.host()
        .client(EchoGrpc::newBlockingStub)
        .unary(EchoRequest.getDefaultInstance())
        .getPayload()
        .toStringUtf8();
  }
}
