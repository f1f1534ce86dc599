package dev.tenon.host.orchestrator;

import static dev.tenon.host.orchestrator.FakeOrchestrator.DEREGISTER;
import static dev.tenon.host.orchestrator.FakeOrchestrator.HEARTBEAT;
import static dev.tenon.host.orchestrator.FakeOrchestrator.REGISTER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.IssueFailedException;
import dev.tenon.auth.issue.Role;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Annotations;
import dev.tenon.core.Fingerprint;
import dev.tenon.core.Health;
import dev.tenon.core.Plugin;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.core.Version;
import dev.tenon.host.AuthoritySettings;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.HostPeer;
import dev.tenon.host.HostStartException;
import dev.tenon.host.Orchestrator;
import dev.tenon.host.PluginHost;
import dev.tenon.registry.HostClaims;
import dev.tenon.registry.LimitReachedException;
import dev.tenon.registry.LocalRegistry;
import dev.tenon.registry.OtherHost;
import dev.tenon.registry.Registration;
import dev.tenon.registry.RegistryStore;
import dev.tenon.registry.SharedRegistry;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.OtherGrpc;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.ServerTls;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import io.grpc.Server;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Hosts and orchestrators, over mutual TLS. */
class OrchestratorTest {
  private static final TrustDomain DOMAIN = new TrustDomain("tenon.internal");
  private static final SpiffeId.OfHost ID = new SpiffeId.OfHost(DOMAIN, "orchestrator");
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Duration OFTEN = Duration.ofSeconds(1);
  private static final String POLICY =
      """
      [[provide]]
      plugin = "echo"
      services = ["testservice.v1.Echo"]

      [[provide]]
      plugin = "other@h-other"
      services = ["testservice.v1.Other"]
      """;

  private static final SpiffeId.OfHost OTHER = new SpiffeId.OfHost(DOMAIN, "h-other");

  private Path folder;

  private final FakeOrchestrator fake = new FakeOrchestrator();
  private final EmbeddedAuthority ofHosts = authority();
  private final EmbeddedAuthority ofOrchestrators = authority();
  private Transport transport;

  @BeforeEach
  void open() throws IOException {
    folder = Files.createTempDirectory(Path.of("/tmp"), "to"); // sockets have short paths
    transport = Transport.create(TlsProvider.preferred());
  }

  @AfterEach
  void close() throws IOException {
    transport.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static EmbeddedAuthority authority() {
    return EmbeddedAuthority.create(DOMAIN, Role.HOST, InstantSource.system(), new SecureRandom());
  }

  /** Starts an orchestrator that has {@code id} from {@code authority}, and trusts the hosts'. */
  private Server serve(SpiffeId.OfHost id, EmbeddedAuthority authority) throws Exception {
    return serve(credentials(id, authority));
  }

  private Server serve(Credentials credentials) throws IOException {
    ServerTls tls =
        new ServerTls(
            () -> credentials,
            ServerTls.ClientAuth.REQUIRED,
            peer -> peer instanceof SpiffeId.OfHost);
    return transport
        .server(new Endpoint.Tcp("127.0.0.1", 0), tls)
        .addService(fake.overTls())
        .build()
        .start();
  }

  private Credentials credentials(SpiffeId.OfHost id, EmbeddedAuthority authority)
      throws IssueFailedException {
    KeyPair key = CertificateRequest.newKeyPair();
    return Credentials.of(
        key.getPrivate(), authority.issue(id, key.getPublic()), ofHosts.trustBundle());
  }

  private PluginHost start(int port) throws Exception {
    return start("tenon.internal", port);
  }

  private PluginHost start(String trustDomain, int port) throws Exception {
    return describe(trustDomain, port).start();
  }

  private HostBuilder describe(String trustDomain, int port) throws Exception {
    return PluginHost.builder()
        .trustDomain(trustDomain)
        .state(folder.resolve("s"))
        .run(folder.resolve("r"))
        .policy(Policy.parse(POLICY))
        .plugin(
            Plugin.named("echo")
                .version("1.0.0")
                .provides(EchoGrpc.SERVICE_NAME, context -> new EchoGrpc.EchoImplBase() {})
                .build())
        .authorities(AuthoritySettings.DEFAULT.issuer(Role.HOST, ofHosts))
        .hostsListen("tcp:127.0.0.1:0")
        .orchestrator(
            new Orchestrator("tcp:127.0.0.1:" + port, ID, ofOrchestrators.trustBundle(), OFTEN));
  }

  /** Row: LC-8 */
  @Test
  void orchestrator_startToEnd_isToldOfTheHost() throws Exception {
    Server server = serve(ID, ofOrchestrators);
    PluginHost host = start(server.getPort());
    try (host) {
      await().atMost(LIMIT).until(() -> fake.calls.contains(HEARTBEAT));
    }
    server.shutdownNow();

    assertThat(fake.calls).startsWith(REGISTER, HEARTBEAT).endsWith(DEREGISTER);
    assertThat(fake.calls).containsOnlyOnce(REGISTER, DEREGISTER);
    assertThat(fake.callers).containsOnly(host.id().toString());
    assertThat(fake.hosts.get(0))
        .satisfies(
            told -> {
              assertThat(told.getHostId()).isEqualTo(host.id().host());
              assertThat(told.getHostname()).isNotEmpty();
              assertThat("tcp:" + told.getAddress() + ":" + told.getPort())
                  .isEqualTo(host.peers().endpoint().orElseThrow());
              assertThat(told.getCapabilitiesList()).containsExactly(EchoGrpc.SERVICE_NAME);
            });
  }

  /** Of services that hosts share, each tells of its own. Row: LC-8 */
  @Test
  void orchestrator_sharedRegistry_isToldOfOwnServicesAlone() throws Exception {
    Server server = serve(ID, ofOrchestrators);
    RegistryStore store = (local, self) -> withOtherHost(local);
    HostBuilder described =
        describe("tenon.internal", server.getPort())
            .registry(store)
            .peers(new HostPeer(OTHER, authority().trustBundle()));
    try (PluginHost host = described.start()) {
      assertThat(host.registrations()).hasSize(2);
      await().atMost(LIMIT).until(() -> fake.calls.contains(HEARTBEAT));
    }
    server.shutdownNow();

    assertThat(fake.hosts)
        .isNotEmpty()
        .allMatch(told -> told.getCapabilitiesList().equals(List.of(EchoGrpc.SERVICE_NAME)));
  }

  /** Returns {@code local} as a shared registry in which another host has a service. */
  private static SharedRegistry withOtherHost(LocalRegistry local) {
    RuntimeId provider = new RuntimeId("other-000000000000000a");
    Registration claim =
        new Registration(
            "0".repeat(32),
            provider,
            new ServiceName(OtherGrpc.SERVICE_NAME),
            new Version("1.0.0"),
            Annotations.NONE,
            Sharing.SHARED);
    OtherHost host = new OtherHost(OTHER, "tcp:127.0.0.1:1");
    try {
      local.put(new HostClaims(host, List.of(claim), Map.of(provider, Health.HEALTHY)));
    } catch (LimitReachedException e) {
      throw new AssertionError(e);
    }
    return (SharedRegistry)
        Proxy.newProxyInstance(
            SharedRegistry.class.getClassLoader(),
            new Class<?>[] {SharedRegistry.class},
            (proxy, method, arguments) ->
                Set.of("announce", "close").contains(method.getName())
                    ? null
                    : method.invoke(local, arguments));
  }

  /** The host starts, lives and ends as it would without one. Row: LC-8 */
  @Test
  void orchestrator_missing_isNoReasonNotToStart() throws Exception {
    try (Socket taken = new Socket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)); // and does not listen
      try (PluginHost host = start(taken.getLocalPort())) {
        assertThat(host.registrations()).hasSize(1);
      }
    }
  }

  /** Neither another's authority nor another's name gets a word. */
  @Test
  void orchestrator_thatIsAnother_isToldNothing() throws Exception {
    Map<Server, String> others =
        Map.of(
            serve(ID, authority()), "another authority",
            serve(ID, ofHosts), "the hosts' own authority",
            serve(new SpiffeId.OfHost(DOMAIN, "other"), ofOrchestrators), "another name");
    for (Server other : others.keySet()) {
      long before = transport.connectionCounts().unfinished();
      try (PluginHost host = start(other.getPort())) {
        await().atMost(LIMIT).until(() -> transport.connectionCounts().unfinished() > before);
        assertThat(host.registrations()).hasSize(1);
      }
      other.shutdownNow();
      assertThat(fake.calls).as(others.get(other)).isEmpty();
    }
  }

  /** The connection that there is ends, and there is no other. */
  @Test
  void orchestrator_certificateRevoked_isToldNothingMore() throws Exception {
    Credentials credentials = credentials(ID, ofOrchestrators);
    Server server = serve(credentials);
    try (PluginHost host = start(server.getPort())) {
      await().atMost(LIMIT).until(() -> fake.calls.contains(HEARTBEAT));
      host.certificates().revokeFingerprint(Fingerprint.of(credentials.chain().get(0)));
      long before = transport.connectionCounts().unfinished();
      await().atMost(LIMIT).until(() -> transport.connectionCounts().unfinished() > before);
      List<String> told = List.copyOf(fake.calls);
      long then = transport.connectionCounts().unfinished();
      await().atMost(LIMIT).until(() -> transport.connectionCounts().unfinished() > then);
      assertThat(fake.calls).isEqualTo(told);
    }
    server.shutdownNow();
    assertThat(fake.calls).doesNotContain(DEREGISTER);
  }

  /** Whoever listens in clear sees the begin of a TLS handshake, and no word after it. */
  @Test
  void orchestrator_inClear_isToldNothing() throws Exception {
    try (ServerSocket clear = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      clear.setSoTimeout((int) LIMIT.toMillis());
      try (PluginHost host = start(clear.getLocalPort());
          Socket connection = clear.accept()) {
        connection.setSoTimeout((int) LIMIT.toMillis());
        assertThat(connection.getInputStream().read()).isEqualTo(0x16); // RFC 8446, section 5.1
        assertThat(host.registrations()).hasSize(1);
      }
    }
  }

  @Test
  void start_orchestratorOfAnotherTrustDomain_isRefused() {
    assertThatThrownBy(() -> start("other.internal", 1))
        .isInstanceOf(HostStartException.class)
        .hasMessageContaining("orchestrator: " + ID);
  }

  @Test
  void make_withoutAnAuthorityOrByAnotherForm_isRefused() {
    assertThatThrownBy(() -> new Orchestrator("tcp:127.0.0.1:1", ID, List.of(), OFTEN))
        .hasMessageContaining("no authorities");
    assertThatThrownBy(() -> new Orchestrator("http://127.0.0.1", ID, ofHosts.trustBundle(), OFTEN))
        .hasMessageContaining("endpoint");
    assertThatThrownBy(
            () -> new Orchestrator("tcp:127.0.0.1:1", ID, ofHosts.trustBundle(), Duration.ZERO))
        .hasMessageContaining("heartbeat");
  }
}
