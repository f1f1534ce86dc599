package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.ITS_PLUGINS;
import static dev.tenon.transport.Connections.LOOPBACK;
import static dev.tenon.transport.Connections.PLUGIN;
import static dev.tenon.transport.Connections.THE_HOST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.SpiffeId;
import dev.tenon.transport.ServerTls.ClientAuth;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** No connection is made on the strength of an earlier one. */
@ParameterizedClass
@EnumSource(Speaker.class)
final class TrustOnEveryConnectionTest {
  @Parameter Speaker speaker = Speaker.GRPC_JAVA;

  private static final int CONNECTIONS = 10;

  private final TestAuthority hosts = new TestAuthority();
  private final TestAuthority plugins = new TestAuthority();
  private final AtomicReference<Credentials> host =
      new AtomicReference<>(hosts.leaf(HOST, Dns.HOST).credentials(plugins));
  private final AtomicReference<Credentials> plugin =
      new AtomicReference<>(plugins.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts));

  @TempDir Path directory;

  static Stream<Arguments> sides() {
    return Stream.of(TlsProvider.values())
        .flatMap(a -> Stream.of(TlsProvider.values()).map(b -> Arguments.of(a, b)));
  }

  /** Both sides check the other on each of ten connections in a row. Row: PK-1, PK-4. */
  @ParameterizedTest
  @MethodSource("sides")
  void connect_tenTimes_checksBothSidesEachTime(TlsProvider serving, TlsProvider calling)
      throws Exception {
    try (Connections connections = new Connections(serving, calling).over(speaker)) {
      connections.serve(LOOPBACK, host::get);
      for (int i = 1; i <= CONNECTIONS; i++) {
        assertThat(connections.call(plugin::get, "n" + i)).isEqualTo("n" + i);
        assertThat(connections.serving.trustChecks()).isEqualTo(i);
        assertThat(connections.calling.trustChecks()).isEqualTo(i);
      }
      assertThat(connections.echoes.peers()).extracting(Peer::connection).doesNotHaveDuplicates();
    }
  }

  /** The same over a Unix socket. Row: PK-1, PK-23. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_tenTimesOverUnixSocket_checksBothSidesEachTime(TlsProvider provider)
      throws Exception {
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      connections.serve(new Endpoint.Unix(directory.resolve("s")), host::get);
      for (int i = 1; i <= CONNECTIONS; i++) {
        assertThat(connections.call(plugin::get, "n" + i)).isEqualTo("n" + i);
        assertThat(connections.serving.trustChecks()).isEqualTo(i);
        assertThat(connections.calling.trustChecks()).isEqualTo(i);
      }
    }
  }

  /** The client was let in before. Attack: X15. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_afterClientRevoked_refuses(TlsProvider provider) throws Exception {
    Set<SpiffeId> revoked = ConcurrentHashMap.newKeySet();
    PeerRule rule = id -> ITS_PLUGINS.accepts(id) && !revoked.contains(id);
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      connections.serve(LOOPBACK, new ServerTls(host::get, ClientAuth.REQUIRED, rule));
      assertThat(connections.call(plugin::get, "before")).isEqualTo("before");
      revoked.add(SpiffeId.parse(PLUGIN));
      assertRefused(connections);
    }
  }

  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_afterClientCertificateExpired_refuses(TlsProvider provider) throws Exception {
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      connections.serve(LOOPBACK, host::get);
      assertThat(connections.call(plugin::get, "before")).isEqualTo("before");
      Instant now = Instant.now();
      plugin.set(
          plugins
              .leaf(PLUGIN, Dns.PLUGIN)
              .valid(now.minus(Duration.ofHours(1)), now.minusSeconds(1))
              .credentials(hosts));
      assertRefused(connections);
    }
  }

  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_afterServerTrustsOthers_refuses(TlsProvider provider) throws Exception {
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      connections.serve(LOOPBACK, host::get);
      assertThat(connections.call(plugin::get, "before")).isEqualTo("before");
      host.set(hosts.leaf(HOST, Dns.HOST).credentials(new TestAuthority()));
      assertRefused(connections);
    }
  }

  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_afterServerBecameAnother_refuses(TlsProvider provider) throws Exception {
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      connections.serve(LOOPBACK, host::get);
      assertThat(connections.call(plugin::get, "before")).isEqualTo("before");
      host.set(hosts.leaf(HOST + "x", Dns.HOST).credentials(plugins));
      assertRefused(connections);
    }
  }

  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_afterServerRenewed_showsTheNewCertificateToBoth(TlsProvider provider)
      throws Exception {
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      connections.serve(LOOPBACK, host::get);
      connections.call(plugin::get, "before");
      Credentials renewed = plugins.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);
      plugin.set(renewed);
      connections.call(new ClientTls(plugin::get, THE_HOST, Dns.HOST), "after");
      List<Peer> peers = connections.echoes.peers();
      assertThat(peers.get(1).certificate()).contains(renewed.chain().get(0));
      assertThat(peers.get(0).certificate()).isNotEqualTo(peers.get(1).certificate());
    }
  }

  private void assertRefused(Connections connections) {
    int before = connections.echoes.arrived();
    assertThatThrownBy(() -> connections.call(plugin::get, "after"))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("UNAVAILABLE");
    assertThat(connections.echoes.arrived()).isEqualTo(before);
  }
}
