package dev.tenon.host;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.Fingerprint;
import dev.tenon.core.Refusal;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Endpoint;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.ReportHealthRequest;
import io.grpc.Channel;
import io.grpc.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Connections of those who are not plugins: refused, counted, and on record. */
class UnauthorisedClientTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  private static final OpenAuthority PLUGINS = new OpenAuthority();

  /** One for each TLS library. */
  private static final Map<String, TestHost> HOSTS = new ConcurrentHashMap<>();

  @AfterAll
  static void stop() {
    HOSTS.values().forEach(TestHost::close);
  }

  /** Who connects, and what the audit log says about it. */
  enum Who {
    WITHOUT_CERTIFICATE("no certificate") {
      @Override
      Credentials credentials(OpenAuthority plugins, RawPlugin victim) {
        return Credentials.trustOnly(victim.bootstrap.trustBundle());
      }
    },
    SELF_SIGNED("self-signed certificate") {
      @Override
      Credentials credentials(OpenAuthority plugins, RawPlugin victim) {
        KeyPair keys = CertificateRequest.newKeyPair();
        X509Certificate leaf = OpenAuthority.selfSigned(idOf(victim), keys).certificate();
        return Credentials.of(keys.getPrivate(), List.of(leaf), victim.bootstrap.trustBundle());
      }
    },
    OF_ANOTHER_AUTHORITY("certificate of another authority") {
      @Override
      Credentials credentials(OpenAuthority plugins, RawPlugin victim) {
        return new OpenAuthority().credentials(idOf(victim), victim.bootstrap.trustBundle());
      }
    },
    EXPIRED("certificate out of date") {
      @Override
      Credentials credentials(OpenAuthority plugins, RawPlugin victim) {
        KeyPair keys = CertificateRequest.newKeyPair();
        Instant now = Instant.now();
        X509Certificate leaf =
            plugins
                .leaf(idOf(victim), keys.getPublic())
                .valid(now.minus(Duration.ofHours(2)), now.minus(Duration.ofHours(1)))
                .certificate();
        return Credentials.of(keys.getPrivate(), List.of(leaf), victim.bootstrap.trustBundle());
      }
    },
    OF_ANOTHER_HOST("unfit certificate") {
      @Override
      Credentials credentials(OpenAuthority plugins, RawPlugin victim) {
        SpiffeId stranger =
            SpiffeId.parse(
                "spiffe://tenon.internal/host/h-other/plugin/victim/victim-0123456789abcdef");
        return plugins.credentials(stranger, victim.bootstrap.trustBundle());
      }
    };

    private final String reason;

    Who(String reason) {
      this.reason = reason;
    }

    abstract Credentials credentials(OpenAuthority plugins, RawPlugin victim);
  }

  private static SpiffeId idOf(RawPlugin plugin) {
    return new SpiffeId.OfPlugin(plugin.bootstrap.hostId(), plugin.bootstrap.runtimeId());
  }

  private static TestHost host(String tls) {
    return HOSTS.computeIfAbsent(tls, UnauthorisedClientTest::start);
  }

  private static TestHost start(String tls) {
    try {
      return TestHost.with("")
          .set(
              host ->
                  host.tlsProvider(tls)
                      .authorities(AuthoritySettings.DEFAULT.issuer(Role.PLUGIN, PLUGINS))
                      .dataListen("tcp:127.0.0.1:0"))
          .enrolled("victim")
          .start();
    } catch (IOException | ConfigException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long refused(TestHost host, String reason) {
    return host.host().connections().refused().getOrDefault(reason, 0L);
  }

  static Stream<Arguments> everyone() {
    return Arrays.stream(Who.values())
        .flatMap(who -> Stream.of("boringssl", "jdk").map(tls -> Arguments.of(who, tls)));
  }

  private static void report(Channel channel) {
    var unused =
        RawPlugin.deadline(LifecycleGrpc.newBlockingStub(channel))
            .reportHealth(ReportHealthRequest.getDefaultInstance());
  }

  /**
   * On a Unix socket and on TCP: the handshake fails, so that no call is read; whoever holds a
   * plugin's token gains nothing by it. Rows: HS-11, TE-15.
   */
  @ParameterizedTest
  @MethodSource("everyone")
  void connect_notAPlugin_isRefusedCountedAndOnRecord(Who who, String tls) {
    TestHost host = host(tls);
    RawPlugin victim = host.plugin("victim");
    long before = refused(host, who.reason);
    Credentials theirs = who.credentials(PLUGINS, victim);
    for (Endpoint plane : List.of(victim.bootstrap.control(), victim.bootstrap.data())) {
      Channel channel = RawPlugin.authorized(victim.connect(plane, theirs), victim.bearer());

      assertThat(Refused.by(() -> report(channel)).code()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    await().atMost(SOON).until(() -> refused(host, who.reason) >= before + 2);
    assertThat(host.host().connections().unfinished()).isGreaterThanOrEqualTo(2);
    // Counted, and then recorded.
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(host.audit.entries())
                    .filteredOn(entry -> entry.isDenied("connection"))
                    .extracting(
                        entry -> entry.actor() + " " + entry.resource() + ": " + entry.reason())
                    .contains(" control: " + who.reason, " data: " + who.reason));
    assertThat(host.audit.text()).contains("ip:127.0.0.1").contains("uid:");
    victim.healthy();
  }

  /** Its handshake succeeds; it is told, and on record with its run's name. Row: HS-11. */
  @Test
  void connect_certificateRevoked_isRefusedCountedAndOnRecord() throws Exception {
    TestHost host = host("boringssl");
    RawPlugin victim = host.plugin("victim");
    X509Certificate good = victim.credentials().chain().get(0);
    X509Certificate revoked = PLUGINS.leaf(idOf(victim), good.getPublicKey()).certificate();
    host.host().certificates().revokeFingerprint(Fingerprint.of(revoked));

    victim.use(revoked);
    assertThat(Refused.by(victim::healthy).is(Refusal.NOT_AUTHENTICATED)).isTrue();

    assertThat(refused(host, "revoked")).isPositive();
    assertThat(host.audit.entries())
        .filteredOn(entry -> entry.isDenied("connection"))
        .extracting(entry -> entry.actor() + ": " + entry.reason())
        .contains(victim.runtimeId() + ": revoked");
    victim.use(good);
    victim.healthy();
  }

  /** What is no TLS at all, on the listener that asks for no certificate too. Row: HS-11, HS-26. */
  @ParameterizedTest
  @EnumSource(names = {"ENROL", "DATA"})
  void connect_plaintext_isRefusedCountedAndOnRecord(Plane plane) throws Exception {
    try (TestHost host =
        TestHost.with("")
            .set(builder -> builder.enrolListen("tcp:127.0.0.1:0").dataListen("tcp:127.0.0.1:0"))
            .enrolled("victim")
            .start()) {
      Endpoint.Tcp to = (Endpoint.Tcp) plane.of(host.plugin("victim"));
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), to.port())) {
        socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII));
        socket.setSoTimeout((int) SOON.toMillis());
        awaitEnd(socket);
      }
      await()
          .atMost(SOON)
          .untilAsserted(() -> assertThat(host.audit.denials("connection")).containsOnly("no TLS"));
      assertThat(host.host().connections().refused()).containsKey("no TLS");
    }
  }

  /** A client of another generation, and what the log says of it. */
  enum Generation {
    HTTP_1("no HTTP/2", "TLSv1.3", "http/1.1"),
    NO_ALPN("no HTTP/2", "TLSv1.3", ""),
    TLS_1_2("version of TLS", "TLSv1.2", "h2");

    private final String reason;
    private final String version;
    private final String protocol;

    Generation(String reason, String version, String protocol) {
      this.reason = reason;
      this.version = version;
      this.protocol = protocol;
    }

    /** Says what it has to say, and returns when it was cut off. */
    void connect(SSLContext context, Endpoint.Tcp to) throws IOException {
      try (SSLSocket socket =
          (SSLSocket)
              context
                  .getSocketFactory()
                  .createSocket(InetAddress.getLoopbackAddress(), to.port())) {
        socket.setSoTimeout((int) SOON.toMillis());
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setProtocols(new String[] {version});
        parameters.setApplicationProtocols(
            protocol.isEmpty() ? new String[0] : new String[] {protocol});
        socket.setSSLParameters(parameters);
        socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
        awaitEnd(socket);
      } catch (SSLException refused) {
        // Already in the handshake.
      }
    }
  }

  /** Row: HS-26. */
  @ParameterizedTest
  @EnumSource
  void connect_otherGeneration_isRefusedAndTheLogSaysWhich(Generation generation) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, InsecureTrust.MANAGERS, null);
    for (String provider : List.of("boringssl", "jdk")) {
      try (TestHost host =
          TestHost.with("")
              .set(builder -> builder.enrolListen("tcp:127.0.0.1:0").tlsProvider(provider))
              .enrolled("victim")
              .start()) {
        generation.connect(context, (Endpoint.Tcp) host.plugin("victim").bootstrap.enrol());

        await()
            .atMost(SOON)
            .untilAsserted(
                () ->
                    assertThat(host.audit.denials("connection"))
                        .containsExactly(generation.reason));
      }
    }
  }

  /** A listener on TCP. */
  enum Plane {
    ENROL,
    DATA;

    Endpoint of(RawPlugin plugin) {
      return this == ENROL ? plugin.bootstrap.enrol() : plugin.bootstrap.data();
    }
  }

  /** Lets a client of a test meet any server. */
  private static final class InsecureTrust extends X509ExtendedTrustManager {
    static final TrustManager[] MANAGERS = {new InsecureTrust()};

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  private static void awaitEnd(Socket socket) {
    try {
      while (socket.getInputStream().read() >= 0) {
        // An alert.
      }
    } catch (IOException e) {
      // Closed without a word.
    }
  }
}
