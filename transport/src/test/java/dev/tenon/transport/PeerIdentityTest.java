package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.ITS_PLUGINS;
import static dev.tenon.transport.Connections.LOOPBACK;
import static dev.tenon.transport.Connections.OTHER_PLUGIN;
import static dev.tenon.transport.Connections.PLUGIN;
import static dev.tenon.transport.Connections.THE_HOST;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.SpiffeId;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.transport.ServerTls.ClientAuth;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who a handler sees at the other end. */
@ParameterizedClass
@EnumSource(Speaker.class)
final class PeerIdentityTest {
  @Parameter Speaker speaker = Speaker.GRPC_JAVA;

  private final TestAuthority hosts = new TestAuthority();
  private final TestAuthority plugins = new TestAuthority();
  private final Credentials host = hosts.leaf(HOST, Dns.HOST).credentials(plugins);
  private final Credentials plugin = plugins.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);

  @TempDir Path directory;

  /** Two certificates are two identities. Row: PK-1. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void call_withTwoCertificates_showsTwoIdentities(TlsProvider provider) throws Exception {
    Credentials other = plugins.leaf(OTHER_PLUGIN, Dns.PLUGIN).credentials(hosts);
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      connections.serve(LOOPBACK, () -> host);
      connections.call(() -> plugin, "one");
      connections.call(() -> other, "two");
      assertThat(connections.echoes.peers())
          .extracting(peer -> peer.id().orElseThrow())
          .containsExactly(SpiffeId.parse(PLUGIN), SpiffeId.parse(OTHER_PLUGIN));
      assertThat(connections.echoes.peers())
          .extracting(peer -> peer.certificate().orElseThrow())
          .containsExactly(plugin.chain().get(0), other.chain().get(0));
    }
  }

  /**
   * Without a certificate the handshake fails, not a later call. Attack: X1. Row: PK-1, HS-11,
   * TE-15.
   */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void call_withoutCertificate_failsInTheHandshake(TlsProvider provider) throws Exception {
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      connections.serve(LOOPBACK, () -> host);
      assertThatThrownBy(
              () -> connections.call(() -> Credentials.trustOnly(hosts.bundle()), "nobody"))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageContaining("UNAVAILABLE");
      assertThat(connections.echoes.arrived()).isZero();
    }
  }

  /** A listener without client certificates has callers without identity. Row: PK-1. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void call_whereNoneIsAskedFor_hasNoIdentity(TlsProvider provider) throws Exception {
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      connections.serve(LOOPBACK, new ServerTls(() -> host, ClientAuth.NONE, ITS_PLUGINS));
      connections.call(() -> Credentials.trustOnly(hosts.bundle()), "nobody");
      connections.call(() -> plugin, "a certificate that nobody asked for");
      assertThat(connections.echoes.peers()).extracting(Peer::id).allMatch(id -> id.isEmpty());
      assertThat(connections.echoes.peers())
          .extracting(Peer::certificate)
          .allMatch(certificate -> certificate.isEmpty());
    }
  }

  /** Whatever {@code :authority} says, the peer is the same. Attack: X20. Row: CI-14. */
  @Test
  void call_withAuthorityLocalhost_givesNoPrivilege() throws Exception {
    try (Connections connections =
        new Connections(TlsProvider.JDK, TlsProvider.JDK).over(speaker)) {
      Endpoint endpoint =
          connections.serve(LOOPBACK, new ServerTls(() -> host, ClientAuth.NONE, ITS_PLUGINS));
      ClientTls tls =
          new ClientTls(() -> Credentials.trustOnly(hosts.bundle()), THE_HOST, Dns.HOST);
      ManagedChannel spoofing =
          connections.calling.channel(endpoint, tls).overrideAuthority("localhost").build();
      try {
        EchoGrpc.newBlockingStub(spoofing)
            .withDeadlineAfter(60, SECONDS)
            .unary(EchoRequest.getDefaultInstance());
      } finally {
        spoofing.shutdownNow();
      }
      assertThat(connections.echoes.peers()).singleElement().matches(peer -> peer.id().isEmpty());
    }
  }

  /**
   * Overriding the authority does not change which server is the right one: its name is given apart
   * from its address.
   *
   * <p>Row: CI-14, PK-4, PK-16
   */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void channel_withOverriddenAuthority_stillChecksTheServerName(TlsProvider provider)
      throws Exception {
    Credentials elsewhere = hosts.leaf(HOST, "localhost").credentials(plugins);
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      Endpoint endpoint = connections.serve(LOOPBACK, () -> elsewhere);
      ManagedChannel channel =
          connections
              .calling
              .channel(endpoint, new ClientTls(() -> plugin, THE_HOST, Dns.HOST))
              .overrideAuthority("localhost")
              .build();
      try {
        assertThatThrownBy(() -> Connections.call(channel, "x"))
            .isInstanceOf(StatusRuntimeException.class);
      } finally {
        channel.shutdownNow();
      }
      assertThat(connections.echoes.arrived()).isZero();
    }
  }

  /** The rule is asked again of the finished session. Row: PK-1. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void call_refusedAfterTheHandshake_hasNoIdentity(TlsProvider provider) throws Exception {
    AtomicInteger asked = new AtomicInteger();
    PeerRule once = id -> asked.incrementAndGet() == 1;
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      connections.serve(LOOPBACK, new ServerTls(() -> host, ClientAuth.REQUIRED, once));
      connections.call(() -> plugin, "late");
      assertThat(connections.echoes.peers()).singleElement().matches(peer -> peer.id().isEmpty());
      assertThat(asked).hasValue(2);
    }
  }

  /** The validity is checked again of the finished session. Row: PK-1. */
  @Test
  void call_expiredAfterTheHandshake_hasNoIdentity() throws Exception {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    PeerRule slow =
        id -> {
          now.updateAndGet(before -> before.plus(Duration.ofHours(2)));
          return true;
        };
    Transport serving = Connections.transport(TlsProvider.preferred(), now::get, OwnUid.read());
    try (Connections connections =
        new Connections(serving, Transport.create(TlsProvider.preferred())).over(speaker)) {
      connections.serve(LOOPBACK, new ServerTls(() -> host, ClientAuth.REQUIRED, slow));
      connections.call(() -> plugin, "late");
      assertThat(connections.echoes.peers()).singleElement().matches(peer -> peer.id().isEmpty());
    }
  }

  /** Over a Unix socket the peer's process is known. Row: PK-23. */
  @Test
  void call_overUnixSocket_showsTheProcess() throws Exception {
    try (Connections connections =
        new Connections(TlsProvider.preferred(), TlsProvider.preferred()).over(speaker)) {
      connections.serve(new Endpoint.Unix(directory.resolve("s")), () -> host);
      connections.call(() -> plugin, "x");
      assertThat(connections.echoes.peers().get(0).process())
          .contains(new PeerProcess(ProcessHandle.current().pid(), OwnUid.read()));
    }
  }

  @Test
  void call_overTcp_showsNoProcess() throws Exception {
    try (Connections connections =
        new Connections(TlsProvider.preferred(), TlsProvider.preferred()).over(speaker)) {
      connections.serve(LOOPBACK, () -> host);
      connections.call(() -> plugin, "x");
      assertThat(connections.echoes.peers().get(0).process()).isEmpty();
    }
  }
}
