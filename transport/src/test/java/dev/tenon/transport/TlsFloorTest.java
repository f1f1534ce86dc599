package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.LOOPBACK;
import static dev.tenon.transport.Connections.PLUGIN;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** TLS 1.3 with verification, and no way below it. */
@ParameterizedClass
@EnumSource(Speaker.class)
final class TlsFloorTest {
  @Parameter Speaker speaker = Speaker.GRPC_JAVA;

  private final TestAuthority hosts = new TestAuthority();
  private final TestAuthority plugins = new TestAuthority();
  private final Credentials host = hosts.leaf(HOST, Dns.HOST).credentials(plugins);
  private final Credentials plugin = plugins.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);

  @TempDir Path directory;

  /** A client that knows TLS 1.2 alone is refused; with 1.3 the same client gets in. Row: PK-3. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_withTls12_fails(TlsProvider provider) throws Exception {
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      Endpoint bound = connections.serve(LOOPBACK, () -> host);
      assertThat(handshake(bound, "TLSv1.3")).isEqualTo("TLSv1.3");
      assertThatThrownBy(() -> handshake(bound, "TLSv1.2")).isInstanceOf(SSLException.class);
    }
  }

  private String handshake(Endpoint to, String protocol) throws Exception {
    try (SSLSocket socket = new RawTls(plugin, hosts.bundle()).socket(to, protocol)) {
      socket.startHandshake();
      return socket.getSession().getProtocol();
    }
  }

  /** No public member is named for doing without, and no public type trusts. Row: PK-3. */
  @Test
  void publicApi_hasNoWayAround() throws Exception {
    List<Class<?>> types = publicTypes();
    assertThat(types).contains(Transport.class, ClientTls.class, ServerTls.class);
    assertThat(types).noneMatch(TrustManager.class::isAssignableFrom);
    assertThat(types.stream().flatMap(TlsFloorTest::members).map(Member::getName))
        .noneMatch(
            name ->
                name.toLowerCase(Locale.ROOT)
                    .matches(".*(insecure|plain|skip|noverify|trustall|anonymous|unsafe).*"));
    assertThat(types.stream().flatMap(type -> Arrays.stream(type.getMethods())))
        .allSatisfy(TlsFloorTest::assertTakesNoTlsType);
  }

  private static void assertTakesNoTlsType(Method method) {
    assertThat(method.getParameterTypes())
        .noneMatch(type -> type.getName().startsWith("javax.net.ssl"))
        .noneMatch(type -> type.getName().startsWith("io.netty"));
    assertThat(method.getReturnType().getName()).doesNotStartWith("io.netty");
  }

  private static Stream<Member> members(Class<?> type) {
    return Stream.<Member>concat(
            Arrays.stream(type.getDeclaredMethods()), Arrays.stream(type.getDeclaredFields()))
        .filter(member -> Modifier.isPublic(member.getModifiers()));
  }

  private static List<Class<?>> publicTypes() throws Exception {
    Path classes =
        Path.of(Transport.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .resolve("dev/tenon/transport");
    try (Stream<Path> files = Files.list(classes)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".class") && !name.startsWith("package-info"))
          .<Class<?>>map(name -> load(name.substring(0, name.length() - ".class".length())))
          .filter(type -> Modifier.isPublic(type.getModifiers()))
          .toList();
    }
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName("dev.tenon.transport." + name, false, Transport.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  /** What a builder offers for plaintext or other certificates is refused. Row: PK-3. */
  @Test
  void builders_cannotBeTalkedOutOfTls() {
    try (Transport transport = Transport.create(TlsProvider.JDK)) {
      ClientTls client = new ClientTls(() -> plugin, Connections.THE_HOST, Dns.HOST);
      ServerTls server =
          new ServerTls(() -> host, ServerTls.ClientAuth.REQUIRED, Connections.ITS_PLUGINS);
      Endpoint to = new Endpoint.Tcp("127.0.0.1", 1);
      assertThatThrownBy(() -> transport.channel(to, client).usePlaintext())
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(
              () ->
                  transport
                      .server(LOOPBACK, server)
                      .useTransportSecurity(new File("chain"), new File("key")))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  /** A ticket of one connection is worth nothing to the next. Attack: X15. Row: PK-4. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_withTicketOfEarlierConnection_neverResumes(TlsProvider provider) throws Exception {
    Path openssl = Path.of("/usr/bin/openssl");
    assumeTrue(Files.isExecutable(openssl), "openssl is not installed");
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      Endpoint.Tcp bound = (Endpoint.Tcp) connections.serve(LOOPBACK, () -> host);
      Path session = directory.resolve("session");
      assertThat(openssl(openssl, bound, "-sess_out", session)).contains("New, TLSv1.3");
      if (Files.exists(session)) {
        assertThat(openssl(openssl, bound, "-sess_in", session))
            .contains("New, TLSv1.3")
            .doesNotContain("Reused");
      }
      assertThat(connections.serving.trustChecks()).isEqualTo(Files.exists(session) ? 2 : 1);
    }
  }

  private String openssl(Path openssl, Endpoint.Tcp to, String option, Path session)
      throws IOException, InterruptedException {
    Path key =
        Files.writeString(
            directory.resolve("key"), pem("PRIVATE KEY", plugin.key().orElseThrow().getEncoded()));
    Path chain = Files.writeString(directory.resolve("chain"), Pem.encode(plugin.chain()));
    Process client =
        new ProcessBuilder(
                openssl.toString(),
                "s_client",
                "-connect",
                "127.0.0.1:" + to.port(),
                "-tls1_3",
                "-alpn",
                "h2",
                "-cert",
                chain.toString(),
                "-key",
                key.toString(),
                option,
                session.toString(),
                "-ign_eof")
            .redirectErrorStream(true)
            .start();
    // Not HTTP/2: the server answers with GOAWAY and closes, after it has sent its tickets.
    try (var input = client.getOutputStream()) {
      input.write("GET / HTTP/1.1\r\n\r\n".getBytes(UTF_8));
    } catch (IOException closed) {
      // Gone already; what it printed tells.
    }
    String output = new String(client.getInputStream().readAllBytes(), UTF_8);
    assertThat(client.waitFor(60, SECONDS)).isTrue();
    return output;
  }

  private static String pem(String label, byte[] der) {
    return "-----BEGIN "
        + label
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + label
        + "-----\n";
  }
}
