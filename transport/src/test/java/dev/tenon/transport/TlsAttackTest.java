package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.LOOPBACK;
import static dev.tenon.transport.Connections.PLUGIN;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.transport.TestAuthority.Order;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Chains, keys, protocol versions and bytes that must not get through a handshake. */
@ParameterizedClass
@EnumSource(Speaker.class)
final class TlsAttackTest {
  @Parameter Speaker speaker = Speaker.GRPC_JAVA;

  private static final ASN1ObjectIdentifier UNKNOWN = new ASN1ObjectIdentifier("1.3.6.1.4.1.99999");

  private final TestAuthority hosts = new TestAuthority();
  private final TestAuthority plugins = new TestAuthority();
  private final Credentials host = hosts.leaf(HOST, Dns.HOST).credentials(plugins);
  private final Credentials plugin = plugins.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);

  private void assertRefused(TlsProvider provider, Credentials client) throws Exception {
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      connections.serve(LOOPBACK, () -> host);
      assertThatThrownBy(() -> connections.call(() -> client, "secret"))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageContaining("UNAVAILABLE");
      assertThat(connections.echoes.arrived()).isZero();
      assertThat(connections.call(() -> plugin, "innocent")).isEqualTo("innocent");
    }
  }

  private Credentials below(Order intermediate, KeyPair keys) {
    X509Certificate issuer = intermediate.certificate();
    return TestAuthority.leafOf(issuer, keys, PLUGIN, Dns.PLUGIN)
        .credentials(List.of(issuer), hosts.bundle());
  }

  /** A genuine plugin signs a certificate for another with its own key. Attack: X5. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_withALeafThatALeafSigned_isRefused(TlsProvider provider) throws Exception {
    KeyPair keys = CertificateRequest.newKeyPair();
    Order leaf = plugins.below("leaf", keys).ca(false).usage(KeyUsage.digitalSignature);
    assertRefused(provider, below(leaf, keys));
  }

  /** An authority below ours that is none, by its own certificate. Attack: X6. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_belowAnIntermediateThatIsNoAuthority_isRefused(TlsProvider provider)
      throws Exception {
    KeyPair keys = CertificateRequest.newKeyPair();
    assertRefused(provider, below(plugins.below("none", keys).ca(false), keys));
    assertRefused(
        provider, below(plugins.below("no usage", keys).usage(KeyUsage.digitalSignature), keys));
  }

  /** More authorities below each other than the first allows. Attack: X6. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_belowMoreAuthoritiesThanThePathLengthAllows_isRefused(TlsProvider provider)
      throws Exception {
    KeyPair upper = CertificateRequest.newKeyPair();
    KeyPair lower = CertificateRequest.newKeyPair();
    X509Certificate first =
        plugins
            .below("upper", upper)
            .ca(false)
            .critical(Extension.basicConstraints, new BasicConstraints(0))
            .certificate();
    X509Certificate second = TestAuthority.below(first, upper, "lower", lower).certificate();
    assertRefused(
        provider,
        TestAuthority.leafOf(second, lower, PLUGIN, Dns.PLUGIN)
            .credentials(List.of(second, first), hosts.bundle()));
  }

  /** An authority that may issue for other names alone. Attack: X6. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_againstTheNameConstraintsOfTheIssuer_isRefused(TlsProvider provider)
      throws Exception {
    KeyPair keys = CertificateRequest.newKeyPair();
    GeneralSubtree elsewhere =
        new GeneralSubtree(new GeneralName(GeneralName.dNSName, "elsewhere.example"));
    assertRefused(
        provider,
        below(
            plugins
                .below("constrained", keys)
                .critical(
                    Extension.nameConstraints,
                    new NameConstraints(new GeneralSubtree[] {elsewhere}, null)),
            keys));
  }

  /** An extension that must be understood, and is not. Attack: X6. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_withAnUnknownCriticalExtension_isRefused(TlsProvider provider) throws Exception {
    assertRefused(
        provider,
        plugins.leaf(PLUGIN, Dns.PLUGIN).critical(UNKNOWN, DERNull.INSTANCE).credentials(hosts));
  }

  /** A chain through an authority below ours that is right in all these is let in. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_belowARightIntermediate_isLetIn(TlsProvider provider) throws Exception {
    KeyPair keys = CertificateRequest.newKeyPair();
    Credentials client = below(plugins.below("right", keys), keys);
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      connections.serve(LOOPBACK, () -> host);
      assertThat(connections.call(() -> client, "right")).isEqualTo("right");
    }
  }

  /** Keys that can be broken. Attack: X11. */
  @ParameterizedTest
  @ValueSource(ints = {512, 1024})
  void connect_withAShortRsaKey_isRefused(int bits) throws Exception {
    KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
    rsa.initialize(bits);
    KeyPair weak = rsa.generateKeyPair();
    Credentials client = plugins.leaf(PLUGIN, Dns.PLUGIN).keys(weak).credentials(hosts);
    for (TlsProvider provider : TlsProvider.values()) {
      assertRefused(provider, client);
    }
  }

  /** Older versions, and TLS 1.2 with what was ever weak in it. Attack: X13. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "-tls1",
        "-tls1_1",
        "-tls1_2",
        "-tls1_2 -cipher NULL-SHA256:@SECLEVEL=0",
        "-tls1_2 -cipher aNULL:@SECLEVEL=0",
        "-tls1_2 -cipher AES128-SHA:@SECLEVEL=0",
        "-no_tls1_3 -fallback_scsv"
      })
  void connect_belowTls13_isRefused(String options) throws Exception {
    for (TlsProvider provider : TlsProvider.values()) {
      try (Connections connections = new Connections(provider, provider).over(speaker)) {
        Endpoint.Tcp bound = (Endpoint.Tcp) connections.serve(LOOPBACK, () -> host);
        String output = sClient(bound, options.split(" "));
        assertThat(output).doesNotContain("BEGIN CERTIFICATE");
        assertThat(connections.serving.trustChecks()).isZero();
      }
    }
  }

  /** Server names that are none: absent, an address, as long as they come. Attack: X21. */
  @ParameterizedTest
  @ValueSource(strings = {"-noservername", "-servername 127.0.0.1", "-servername LONG"})
  void connect_withAStrangeServerName_changesNothing(String options) throws Exception {
    String longest = "a.".repeat(126) + "a";
    for (TlsProvider provider : TlsProvider.values()) {
      try (Connections connections = new Connections(provider, provider).over(speaker)) {
        Endpoint.Tcp bound = (Endpoint.Tcp) connections.serve(LOOPBACK, () -> host);
        var unused = sClient(bound, options.replace("LONG", longest).split(" "));
        assertThat(connections.serving.trustChecks()).isZero(); // It has no certificate.
        assertThat(connections.call(() -> plugin, "innocent")).isEqualTo("innocent");
      }
    }
  }

  /** Plaintext and the PROXY protocol on a port of TLS. Attack: X23. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\nhost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
        "\r\n\r\n\0\r\nQUIT\n!\u0011\0\u000c"
      })
  void connect_withoutTls_isClosed(String bytes) throws Exception {
    for (TlsProvider provider : TlsProvider.values()) {
      try (Connections connections = new Connections(provider, provider).over(speaker)) {
        Endpoint.Tcp bound = (Endpoint.Tcp) connections.serve(LOOPBACK, () -> host);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), bound.port())) {
          socket.setSoTimeout(30_000);
          socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
          assertEnds(socket);
        }
        assertThat(connections.echoes.arrived()).isZero();
        assertThat(connections.call(() -> plugin, "innocent")).isEqualTo("innocent");
      }
    }
  }

  /** Reads what is left; a reset is an end too, and a timeout is not. */
  private static void assertEnds(Socket socket) throws IOException {
    try {
      assertThat(socket.getInputStream().readAllBytes().length).isLessThan(64);
    } catch (SocketException reset) {
      assertThat(reset).hasMessageContaining("reset");
    }
  }

  /** Nothing that a client offers but h2. Attack: X13. */
  @Test
  void connect_withoutHttp2InAlpn_isClosed() throws Exception {
    try (Connections connections =
        new Connections(TlsProvider.preferred(), TlsProvider.preferred()).over(speaker)) {
      Endpoint.Tcp bound = (Endpoint.Tcp) connections.serve(LOOPBACK, () -> host);
      var unused = sClient(bound, "-tls1_3", "-alpn", "http/1.1");
      assertThat(connections.echoes.arrived()).isZero();
      assertThat(connections.call(() -> plugin, "innocent")).isEqualTo("innocent");
    }
  }

  private static String sClient(Endpoint.Tcp to, String... options)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("openssl", "s_client", "-connect", "127.0.0.1:" + to.port()));
    command.addAll(List.of(options));
    Process client = new ProcessBuilder(command).redirectErrorStream(true).start();
    client.getOutputStream().close();
    String output = new String(client.getInputStream().readAllBytes(), ISO_8859_1);
    assertThat(client.waitFor(30, SECONDS)).isTrue();
    return output;
  }
}
