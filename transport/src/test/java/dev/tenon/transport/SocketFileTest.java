package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.PLUGIN;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tenon.transport.ServerTls.ClientAuth;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Unix sockets: who can reach them, and what they may replace. Row: PK-23. */
@ParameterizedClass
@EnumSource(Speaker.class)
final class SocketFileTest {
  @Parameter Speaker speaker = Speaker.GRPC_JAVA;

  private static final int NOBODY = 65_534;

  private final TestAuthority hosts = new TestAuthority();
  private final TestAuthority plugins = new TestAuthority();
  private final Credentials host = hosts.leaf(HOST, Dns.HOST).credentials(plugins);
  private final Credentials plugin = plugins.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);
  private final ServerTls tls =
      new ServerTls(() -> host, ClientAuth.REQUIRED, Connections.ITS_PLUGINS);

  @TempDir Path directory;
  private Connections connections;
  private Path socket;

  @BeforeEach
  void open() {
    connections = new Connections(TlsProvider.preferred(), TlsProvider.preferred()).over(speaker);
    socket = directory.resolve("s");
  }

  @AfterEach
  void close() {
    connections.close();
  }

  /** Before its mode is set, the directory keeps others from the socket. Attack: L18. */
  @Test
  void serve_inPrivateDirectory_setsMode0600() throws Exception {
    serve();
    assertThat(mode(socket)).isEqualTo("rw-------");
    assertThat(connections.call(() -> plugin, "x")).isEqualTo("x");
  }

  @Test
  void shutdown_removesTheFile() throws Exception {
    serve();
    connections.stop();
    assertThat(socket).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxr-x---", "rwx--x--x", "rwxrwxrwx", "rwx-----x", "r-x------"})
  void server_inOpenDirectory_refuses(String mode) throws Exception {
    chmod(directory, mode);
    try {
      assertThatThrownBy(() -> connections.serve(new Endpoint.Unix(socket), tls))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(mode)
          .hasMessageContaining("expected: a directory with mode rwx------");
    } finally {
      chmod(directory, "rwx------");
    }
  }

  @Test
  void server_inLinkedOrMissingDirectory_refuses() throws Exception {
    Path real = Files.createDirectory(directory.resolve("d"));
    chmod(real, "rwx------");
    Path link = Files.createSymbolicLink(directory.resolve("l"), real);
    assertThatThrownBy(() -> connections.serve(new Endpoint.Unix(link.resolve("s")), tls))
        .isInstanceOf(IllegalStateException.class);
    Path missing = directory.resolve("none").resolve("s");
    assertThatThrownBy(() -> connections.serve(new Endpoint.Unix(missing), tls))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("cannot be read");
  }

  @Test
  void server_inDirectoryOfAnotherUser_refuses() {
    assertThatThrownBy(() -> SocketFile.requirePrivateDirectory(socket, OwnUid.read() + 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("of uid " + OwnUid.read());
  }

  @Test
  void serve_overStaleSocket_replacesIt() throws Exception {
    try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(socket)); // The JDK leaves the file behind.
    }
    assertThat(socket).exists();
    serve();
    assertThat(connections.call(() -> plugin, "x")).isEqualTo("x");
  }

  @Test
  void serve_overLiveSocket_refuses() throws Exception {
    try (ServerSocketChannel live = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      live.bind(UnixDomainSocketAddress.of(socket));
      assertThatThrownBy(this::serve)
          .isInstanceOf(IOException.class)
          .hasStackTraceContaining("in use by a living server");
      assertThat(socket).exists();
    }
  }

  @Test
  void serve_overOrdinaryFile_refuses() throws Exception {
    Files.writeString(socket, "precious");
    assertThatThrownBy(this::serve)
        .isInstanceOf(IOException.class)
        .hasStackTraceContaining("is not a socket");
    assertThat(socket).hasContent("precious");
  }

  @Test
  void uidCheck_knowsOnlyOurselves() {
    assertThat(new UidCheck(1000).accepts(new PeerProcess(1, 1000))).isTrue();
    assertThat(new UidCheck(1000).accepts(new PeerProcess(1, 1001))).isFalse();
    assertThat(new UidCheck(1000).accepts(new PeerProcess(1, 0))).isFalse();
  }

  /**
   * A real process of another user, with the directory opened after the start so that it gets in.
   */
  @Test
  void connect_fromProcessOfAnotherUser_isClosedBeforeTls() throws Exception {
    assumeTrue(OwnUid.read() == 0, "only root can start a process of another user");
    Path setpriv = Path.of("/usr/bin/setpriv");
    assumeTrue(Files.isExecutable(setpriv), "setpriv is not installed");
    serve();
    chmod(directory, "rwxr-xr-x");
    chmod(socket, "rw-rw-rw-");
    assertThat(connectAs(setpriv, 0)).isEqualTo("open");
    assertThat(connectAs(setpriv, NOBODY)).isEqualTo("closed");
  }

  /** Connects as user {@code uid}, is silent, and tells whether that stands for two seconds. */
  private String connectAs(Path setpriv, int uid) throws Exception {
    Process client =
        new ProcessBuilder(
                setpriv.toString(),
                "--reuid=" + uid,
                "--clear-groups",
                "/usr/bin/perl",
                "-MSocket",
                "-e",
                "socket(S,PF_UNIX,SOCK_STREAM,0)||die $!;"
                    + "connect(S,sockaddr_un($ARGV[0]))||die $!;"
                    + "vec($r='',fileno(S),1)=1;"
                    + "print(select($r,undef,undef,2)?'closed':'open')",
                socket.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(client.getInputStream().readAllBytes(), UTF_8);
    assertThat(client.waitFor(60, SECONDS)).isTrue();
    return output;
  }

  /** Another user is refused where the check alone decides. */
  @Test
  void connect_whenWeAreNotTheServersUser_isRefused() throws Exception {
    Path other = Files.createDirectory(directory.resolve("o"));
    chmod(other, "rwx------");
    assumeTrue(OwnUid.read() == 0, "only root can give a directory away");
    Files.setAttribute(other, "unix:uid", NOBODY);
    Transport serving =
        Connections.transport(TlsProvider.preferred(), InstantSource.system(), NOBODY);
    try (Connections apart =
        new Connections(serving, Transport.create(TlsProvider.preferred())).over(speaker)) {
      apart.serve(new Endpoint.Unix(other.resolve("s")), tls);
      assertThatThrownBy(() -> apart.call(() -> plugin, "x"))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageContaining("UNAVAILABLE");
      assertThat(apart.echoes.arrived()).isZero();
      assertThat(apart.serving.trustChecks()).isZero();
    }
  }

  /** Not a byte of TLS goes to a server of another user than the one expected. Row: LC-23. */
  @Test
  void connect_serverOfAnotherUser_isLeftBeforeTls() throws Exception {
    serve();
    ClientTls tls = new ClientTls(() -> plugin, Connections.THE_HOST, Dns.HOST);
    assertThatThrownBy(() -> connections.call(tls, OptionalInt.of(NOBODY), "x"))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("UNAVAILABLE");
    assertThat(connections.calling.trustChecks()).isZero();
    assertThat(connections.echoes.arrived()).isZero();
    assertThat(connections.call(tls, OptionalInt.of(OwnUid.read()), "x")).isEqualTo("x");
  }

  /** Those whom the door names come in beside ourselves, and nobody else. */
  @Test
  void uidCheck_withOthers_knowsThemToo() {
    UidCheck check = new UidCheck(1000, uid -> uid == 7);

    assertThat(check.accepts(new PeerProcess(1, 1000))).isTrue();
    assertThat(check.accepts(new PeerProcess(1, 7))).isTrue();
    assertThat(check.accepts(new PeerProcess(1, 0))).isFalse();
    assertThat(Door.DEFAULT.users().test(0)).isFalse();
    assertThat(Door.DEFAULT.withUsers(uid -> uid == 7).users().test(7)).isTrue();
  }

  private void serve() throws IOException {
    connections.serve(new Endpoint.Unix(socket), tls);
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private static void chmod(Path path, String mode) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }
}
