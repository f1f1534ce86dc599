package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.tenon.auth.issue.AuthorityFiles;
import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.host.PluginHost;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.EnrolmentGrpc;
import dev.tenon.v1.ProtocolRange;
import io.grpc.ManagedChannel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code tenon probe} against a host whose authorities are those of {@code tenon ca}. */
final class ProbeTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final TrustDomain DOMAIN = new TrustDomain("tenon.internal");

  @TempDir private static Path folder;
  private static PluginHost host;
  private static Bootstrap bootstrap;
  private static final KeyPair KEYS = CertificateRequest.newKeyPair();
  private static String token = "";

  @BeforeAll
  static void start() throws Exception {
    Path authorities = Files.createDirectory(folder.resolve("ca"));
    assertThat(Ran.with("ca", authorities.toString()).status()).isZero();
    Path secrets =
        Files.createDirectory(
            folder.resolve("private"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path document = secrets.resolve("words.json");
    Files.writeString(
        Files.createDirectories(folder.resolve("plugins/words")).resolve("plugin.toml"),
        """
        name = "words"
        version = "1.0.0"
        launch = "remote"
        bootstrap = "%s"
        listen = "tcp:127.0.0.1:%d"
        """
            .formatted(document, freePort()));
    host =
        PluginHost.builder()
            .plugins(folder.resolve("plugins"))
            .state(folder.resolve("state"))
            .run(folder.resolve("r"))
            .hostAuthority(authorities.resolve("host-ca.crt"), authorities.resolve("host-ca.key"))
            .pluginAuthority(
                authorities.resolve("plugin-ca.crt"), authorities.resolve("plugin-ca.key"))
            .enrolListen("tcp:127.0.0.1:0")
            .controlListen("tcp:127.0.0.1:0")
            .dataListen("tcp:127.0.0.1:0")
            .start();
    bootstrap = Bootstrap.parse(Files.readAllBytes(document));
    enrol();
  }

  @AfterAll
  static void stop() {
    host.close();
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  /** Enrols as the plugin would, and leaves what it is given in files. */
  private static void enrol() throws Exception {
    ClientTls tls =
        new ClientTls(
            () -> Credentials.trustOnly(bootstrap.trustBundle()),
            PeerRule.exactly(bootstrap.hostId()),
            bootstrap.serverName());
    try (Transport transport = Transport.create(TlsProvider.preferred())) {
      ManagedChannel channel = transport.channel(bootstrap.enrol(), tls).build();
      EnrolResponse answer =
          EnrolmentGrpc.newBlockingStub(channel)
              .withDeadlineAfter(60, TimeUnit.SECONDS)
              .enrol(
                  EnrolRequest.newBuilder()
                      .setEnrolmentToken(bootstrap.enrolmentToken().exposeForWire())
                      .setPlugin("words")
                      .setRuntimeId(bootstrap.runtimeId().value())
                      .setVersion("1.0.0")
                      .setProtocol(ProtocolRange.newBuilder().setMin(1).setMax(1))
                      .setCertificateRequest(ByteString.copyFrom(CertificateRequest.create(KEYS)))
                      .build());
      channel.shutdownNow();
      token = answer.getRuntimeToken();
      byte[] leaf = answer.getCertificateChain(0).toByteArray();
      pem("words.crt", "CERTIFICATE", leaf);
      X509Certificate parsed =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(leaf));
      assertThat(parsed.getPublicKey()).isEqualTo(KEYS.getPublic());
    }
    pem("words.key", "PRIVATE KEY", KEYS.getPrivate().getEncoded());
    secret("words.token", token + "\n");
  }

  private static Path pem(String name, String kind, byte[] der) throws IOException {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return secret(
        name, "-----BEGIN " + kind + "-----\n" + base64 + "\n-----END " + kind + "-----\n");
  }

  private static Path secret(String name, String text) throws IOException {
    Path file = Files.writeString(folder.resolve(name), text);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  private static Ran probe(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "probe",
                "--address",
                bootstrap.control().toString(),
                "--ca",
                folder.resolve("ca/host-ca.crt").toString()));
    arguments.addAll(List.of(more));
    return Ran.with(arguments.toArray(new String[0]));
  }

  private static Ran probeAs(String certificate, String key, String tokenFile) {
    return probe(
        "--certificate",
        folder.resolve(certificate).toString(),
        "--key",
        folder.resolve(key).toString(),
        "--token-file",
        folder.resolve(tokenFile).toString());
  }

  /** Every step, with what it came to; the token is nowhere. Row: TE-16. */
  @Test
  void probe_ofAPlugin_isLetIn() {
    Ran ran = probeAs("words.crt", "words.key", "words.token");

    assertThat(ran.out().lines())
        .satisfiesExactly(
            line -> assertThat(line).isEqualTo("address\t" + bootstrap.control()),
            line -> assertThat(line).isEqualTo("socket\tconnected"),
            line -> assertThat(line).matches("tls\tTLSv1\\.3 TLS_[A-Z0-9_]+"),
            line -> assertThat(line).isEqualTo("host\t" + bootstrap.hostId()),
            line -> assertThat(line).isEqualTo("certificate\ttaken by the handshake"),
            line -> assertThat(line).isEqualTo("token\taccepted"));
    assertThat(ran.status()).isZero();
    assertThat(ran.out() + ran.err()).doesNotContain(token);
  }

  /** Wrong ways to prove oneself. */
  enum Stranger {
    WITHOUT_CERTIFICATE {
      @Override
      Ran probe() throws Exception {
        return ProbeTest.probe("--token-file", folder.resolve("words.token").toString());
      }
    },
    OF_ANOTHER_AUTHORITY {
      @Override
      Ran probe() throws Exception {
        return of(
            EmbeddedAuthority.create(
                DOMAIN, Role.PLUGIN, InstantSource.system(), new SecureRandom()));
      }
    },
    EXPIRED {
      @Override
      Ran probe() throws Exception {
        AtomicReference<Instant> time = new AtomicReference<>(Instant.now());
        Path ca = folder.resolve("ca");
        EmbeddedAuthority authority =
            EmbeddedAuthority.load(
                DOMAIN,
                Role.PLUGIN,
                new AuthorityFiles(ca.resolve("plugin-ca.crt"), ca.resolve("plugin-ca.key")),
                time::get,
                new SecureRandom());
        time.set(Instant.now().minus(Duration.ofHours(3)));
        return of(authority);
      }
    };

    abstract Ran probe() throws Exception;

    /** Probes with a certificate of the plugin's own key and id, from {@code authority}. */
    private static Ran of(EmbeddedAuthority authority) throws Exception {
      X509Certificate leaf =
          authority
              .issue(
                  new SpiffeId.OfPlugin(bootstrap.hostId(), bootstrap.runtimeId()),
                  KEYS.getPublic())
              .get(0);
      pem("stranger.crt", "CERTIFICATE", leaf.getEncoded());
      return probeAs("stranger.crt", "words.key", "words.token");
    }
  }

  /** The handshake ends before the token is read. Rows: HS-11, TE-1, TE-15, TE-16. */
  @ParameterizedTest
  @EnumSource
  void probe_ofAStranger_endsInTheHandshake(Stranger stranger) throws Exception {
    long before = refused();

    Ran ran = stranger.probe();

    assertThat(ran.status()).isEqualTo(Main.FAILED);
    assertThat(ran.out())
        .contains("socket\tconnected\n")
        .contains("host\t" + bootstrap.hostId() + "\n")
        .endsWith("certificate\trefused in the handshake\n");
    await().atMost(SOON).until(() -> refused() > before);
  }

  private static long refused() {
    return host.connections().refused().values().stream().mapToLong(Long::longValue).sum();
  }

  /** A certificate is not enough, nor is any token but the run's own. Rows: TE-1, TE-16. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "x",
        "tnr_",
        "tnr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "tne_AAAAAAAAAAAAAAAAAAAAA"
      })
  void probe_withAWrongToken_isRefused(String wrong) throws Exception {
    secret("wrong.token", wrong);

    Ran ran = probeAs("words.crt", "words.key", "wrong.token");

    assertThat(ran.status()).isEqualTo(Main.FAILED);
    assertThat(ran.out()).endsWith("token\trefused: UNAUTHENTICATED, not authenticated\n");
  }

  /** Row: TE-16. */
  @Test
  void probe_withoutAToken_isRefused() {
    Ran ran =
        probe(
            "--certificate",
            folder.resolve("words.crt").toString(),
            "--key",
            folder.resolve("words.key").toString());

    assertThat(ran.status()).isEqualTo(Main.FAILED);
    assertThat(ran.out()).endsWith("no token\trefused: UNAUTHENTICATED, not authenticated\n");
  }

  /** It says nothing to a host that it does not know. Row: TE-16. */
  @Test
  void probe_ofAnotherHost_endsInTls() {
    Ran other =
        probe(
            "--host-id",
            "spiffe://tenon.internal/host/h-other",
            "--server-name",
            "host.tenon.internal");
    Ran elsewhere =
        Ran.with(
            "probe",
            "--address",
            bootstrap.control().toString(),
            "--ca",
            folder.resolve("ca/plugin-ca.crt").toString());

    for (Ran ran : List.of(other, elsewhere)) {
      assertThat(ran.status()).isEqualTo(Main.FAILED);
      assertThat(ran.out()).contains("socket\tconnected\ntls\tfailed: ").doesNotContain("host\t");
    }
  }

  /** Row: TE-16. */
  @Test
  void probe_nobodyThere_endsAtTheSocket() throws Exception {
    Ran ran =
        Ran.with(
            "probe",
            "--address",
            "tcp:127.0.0.1:" + freePort(),
            "--ca",
            folder.resolve("ca/host-ca.crt").toString());

    assertThat(ran.status()).isEqualTo(Main.FAILED);
    assertThat(ran.out()).contains("socket\tnot connected: ").doesNotContain("tls");
  }

  /** Files that others may read hold no secrets; problems name the file. Row: TE-16. */
  @ParameterizedTest
  @ValueSource(strings = {"words.key", "words.token"})
  void probe_secretThatOthersMayRead_isNotRead(String name) throws Exception {
    Path open = folder.resolve("open");
    Files.deleteIfExists(open);
    Files.copy(folder.resolve(name), open);
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));

    Ran ran =
        name.endsWith("key")
            ? probeAs("words.crt", "open", "words.token")
            : probeAs("words.crt", "words.key", "open");

    assertThat(ran.status()).isEqualTo(Main.CONFIGURATION);
    assertThat(ran.err()).contains(open + ": open to group or others").doesNotContain(token);
  }

  /** Row: TE-16. */
  @Test
  void probe_usageThatIsWrong_isRefused() {
    assertThat(Ran.with("probe").status()).isEqualTo(Main.USAGE);
    assertThat(probe("--certificate", folder.resolve("words.crt").toString()).status())
        .isEqualTo(Main.USAGE);
    String ca = folder.resolve("ca/host-ca.crt").toString();
    assertThat(Ran.with("probe", "--address", "http://x", "--ca", ca).status())
        .isEqualTo(Main.USAGE);
  }
}
