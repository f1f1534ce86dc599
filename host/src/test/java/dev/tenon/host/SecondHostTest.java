package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Dns;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import org.junit.jupiter.api.Test;

/** Two hosts of one trust domain on one machine: neither reaches the plugins of the other. */
class SecondHostTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo"]

      [[rule]]
      id = "host"
      effect = "allow"
      caller = "host"
      service = "testservice.v1.Echo"
      """;

  /** A plugin of one host has no handshake with the listeners of another. Row: PK-22. */
  @Test
  void connect_pluginOfAnotherHost_handshakeFails() throws Exception {
    try (TestHost first = TestHost.with(POLICY).enrolled("alpha").start();
        TestHost second = TestHost.with(POLICY).enrolled("alpha").start()) {
      RawPlugin ours = first.plugin("alpha");
      RawPlugin theirs = second.plugin("alpha");
      Credentials trustingUs = theirs.trusting(ours.bootstrap.trustBundle());

      for (Endpoint listener : new Endpoint[] {ours.bootstrap.control(), ours.bootstrap.data()}) {
        assertUnreachable(new Attempt(listener, trustingUs, Dns.HOST));
        assertUnreachable(new Attempt(listener, theirs.credentials(), Dns.HOST));
      }
      assertThat(first.audit.denials("authentication")).isEmpty();
    }
  }

  /** A host's plugin server has no handshake with anyone but its own host. Row: PK-22. */
  @Test
  void connect_otherHostsPluginToPluginServer_handshakeFails() throws Exception {
    NamedEcho echo = new NamedEcho("alpha");
    try (TestHost first = serving(echo);
        TestHost second = TestHost.with(POLICY).enrolled("alpha").start()) {
      RawPlugin ours = first.plugin("alpha");

      assertUnreachable(
          new Attempt(ours.bootstrap.listen(), second.plugin("alpha").credentials(), Dns.PLUGIN));
      assertUnreachable(new Attempt(ours.bootstrap.listen(), ours.credentials(), Dns.PLUGIN));
      assertUnreachable(
          new Attempt(
              ours.bootstrap.listen(),
              Credentials.trustOnly(ours.bootstrap.trustBundle()),
              Dns.PLUGIN));
      assertThat(echo.calls).hasValue(0);
      assertThat(call(first)).isEqualTo("alpha");
    }
  }

  /**
   * A host that is led to another host's plugin, as by whoever listens there first, does not talk
   * to it. Row: PK-22.
   *
   * <p>Attack: L19.
   */
  @Test
  void call_pluginOfAnotherHostInItsPlace_unavailable() throws Exception {
    NamedEcho impostor = new NamedEcho("impostor");
    try (TestHost first = TestHost.with(POLICY).enrolled("alpha", NamedEcho.SERVICE).start();
        TestHost second = TestHost.with(POLICY).enrolled("alpha").start()) {
      RawPlugin ours = first.plugin("alpha");
      second.plugin("alpha").serve(ours.bootstrap.listen(), impostor);
      ours.register(NamedEcho.SERVICE);

      Refused refused = Refused.by(() -> call(first));

      assertThat(refused.code()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(impostor.calls).hasValue(0);
    }
  }

  private static TestHost serving(NamedEcho echo) throws Exception {
    return TestHost.with(POLICY)
        .scripted(
            "alpha",
            RawRuntime.Tree.NONE,
            plugin -> {
              plugin.enrol(NamedEcho.SERVICE);
              plugin.serve(echo);
              plugin.register(NamedEcho.SERVICE);
              plugin.healthy();
            })
        .start();
  }

  private static String call(TestHost host) {
    return host.host()
        .client(EchoGrpc::newBlockingStub)
        .unary(EchoRequest.getDefaultInstance())
        .getPayload()
        .toStringUtf8();
  }

  /** What a client connects with. */
  private record Attempt(Endpoint to, Credentials with, String serverName) {}

  /** The client takes whom its bundle vouches for; whatever fails, no call may get through. */
  private static void assertUnreachable(Attempt attempt) throws InterruptedException {
    try (Transport transport = Transport.create(TlsProvider.preferred())) {
      ManagedChannel channel =
          transport
              .channel(attempt.to(), new ClientTls(attempt::with, id -> true, attempt.serverName()))
              .directExecutor()
              .build();
      try {
        assertThat(
                Refused.by(
                        () ->
                            RawPlugin.deadline(EchoGrpc.newBlockingStub(channel))
                                .unary(EchoRequest.getDefaultInstance()))
                    .code())
            .isEqualTo(Status.Code.UNAVAILABLE);
      } finally {
        channel.shutdownNow();
        channel.awaitTermination(60, java.util.concurrent.TimeUnit.SECONDS);
      }
    }
  }
}
