package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.SpiffeId;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import java.security.cert.X509Certificate;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The identity that a host gives to a plugin that it starts. */
class ManagedIdentityTest {
  private static final int URI = 6;

  private static final String POLICY =
      """
      [[provide]]
      plugin = "echo"
      services = ["testservice.v1.Echo"]

      [[provide]]
      plugin = "managed"
      services = ["testservice.v1.Other"]

      [[rule]]
      id = "managed-echoes"
      effect = "allow"
      caller = "managed"
      service = "testservice.v1.Echo"
      """;

  /**
   * A plugin that knows its bootstrap line and nothing else enrols by it, and what it is given is
   * good for a registration and for a routed call, under the run that the host chose.
   *
   * <p>Row: HS-13
   */
  @Test
  void bootstrap_ofManagedPlugin_identityRegistersAndCalls() throws Exception {
    try (TestHost host =
        TestHost.with(POLICY)
            .scripted(
                "echo",
                RawRuntime.Tree.NONE,
                plugin -> {
                  plugin.enrol(NamedEcho.SERVICE);
                  plugin.serve(new NamedEcho("echo"));
                  plugin.register(NamedEcho.SERVICE);
                  plugin.healthy();
                })
            .enrolled("managed", NamedOther.SERVICE)
            .start()) {
      RawPlugin managed = host.plugin("managed");

      managed.register(NamedOther.SERVICE);
      String answer =
          RawPlugin.deadline(EchoGrpc.newBlockingStub(managed.data(managed.bearer())))
              .unary(EchoRequest.getDefaultInstance())
              .getPayload()
              .toStringUtf8();

      assertThat(answer).isEqualTo("echo");
      assertThat(name(managed.credentials().chain().get(0)))
          .isEqualTo(
              new SpiffeId.OfPlugin(managed.bootstrap.hostId(), managed.bootstrap.runtimeId()));
      assertThat(host.host().plugins())
          .filteredOn(plugin -> plugin.name().equals(managed.bootstrap.plugin()))
          .singleElement()
          .satisfies(
              plugin -> {
                assertThat(plugin.runtimeId()).isEqualTo(managed.bootstrap.runtimeId());
                assertThat(plugin.services())
                    .extracting(Object::toString)
                    .containsExactly(NamedOther.SERVICE);
              });
    }
  }

  private static SpiffeId name(X509Certificate certificate) throws Exception {
    List<?> only = certificate.getSubjectAlternativeNames().iterator().next();
    assertThat(only.get(0)).isEqualTo(URI);
    return SpiffeId.parse(String.valueOf(only.get(1)));
  }
}
