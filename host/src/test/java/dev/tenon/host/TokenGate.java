package dev.tenon.host;

import static dev.tenon.host.RawPlugin.deadline;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.v1.DiscoverRequest;
import dev.tenon.v1.DiscoverResponse;
import dev.tenon.v1.RegistryGrpc;
import java.util.List;
import java.util.function.Consumer;

/**
 * A host in which {@code caller} may call what {@code provider} serves, and {@code other} may do as
 * much: what is refused here is refused for the token alone.
 */
final class TokenGate implements AutoCloseable {
  static final String POLICY =
      """
      [[provide]]
      plugin = "provider"
      services = ["testservice.v1.Echo"]

      [[rule]]
      id = "caller"
      effect = "allow"
      caller = "caller"
      service = "testservice.v1.Echo"

      [[rule]]
      id = "other"
      effect = "allow"
      caller = "other"
      service = "testservice.v1.Echo"
      """;

  final TestHost host;
  final RawPlugin caller;
  final RawPlugin other;

  TokenGate() throws Exception {
    this(host -> {});
  }

  TokenGate(Consumer<HostBuilder> setting) throws Exception {
    host =
        TestHost.with(POLICY)
            .set(setting)
            .scripted(
                "provider",
                RawRuntime.Tree.NONE,
                plugin -> {
                  plugin.enrol(NamedEcho.SERVICE);
                  plugin.serve(new NamedEcho("provider"));
                  plugin.register(NamedEcho.SERVICE);
                  plugin.healthy();
                })
            .enrolled("caller")
            .enrolled("other")
            .start();
    caller = host.plugin("caller");
    other = host.plugin("other");
  }

  DiscoverResponse onControl(String... authorization) {
    return deadline(RegistryGrpc.newBlockingStub(caller.control(authorization)))
        .discover(DiscoverRequest.newBuilder().setService(NamedEcho.SERVICE).build());
  }

  String onData(String... authorization) {
    return deadline(EchoGrpc.newBlockingStub(caller.data(authorization)))
        .unary(EchoRequest.getDefaultInstance())
        .getPayload()
        .toStringUtf8();
  }

  /** Checks that both planes take {@code authorization}. */
  void assertAdmitted(String... authorization) {
    assertThat(onControl(authorization).getProvider()).startsWith("provider-");
    assertThat(onData(authorization)).isEqualTo("provider");
  }

  /**
   * Checks that both planes refuse {@code authorization} as they refuse a call without any, and
   * that the audit log has {@code reason} for each.
   */
  void assertRefused(String reason, String... authorization) {
    Refused none = Refused.by(() -> onControl());
    int before = host.audit.denials("authentication").size();

    Refused onControl = Refused.by(() -> onControl(authorization));
    Refused onData = Refused.by(() -> onData(authorization));

    assertThat(onControl).isEqualTo(none);
    assertThat(onData).isEqualTo(none);
    assertThat(none.is(Refusal.NOT_AUTHENTICATED)).isTrue();
    assertThat(none.text()).isEqualTo(Refusal.NOT_AUTHENTICATED.text());
    List<String> reasons = host.audit.denials("authentication");
    assertThat(reasons.subList(before, reasons.size())).containsExactly(reason, reason);
  }

  @Override
  public void close() {
    host.close();
  }
}
