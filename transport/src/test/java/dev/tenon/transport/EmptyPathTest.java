package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.LOOPBACK;
import static dev.tenon.transport.Connections.PLUGIN;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests over which grpc-java stumbles. */
final class EmptyPathTest {
  private final TestAuthority hosts = new TestAuthority();
  private final TestAuthority plugins = new TestAuthority();
  private final Credentials host = hosts.leaf(HOST, Dns.HOST).credentials(plugins);
  private final Credentials plugin = plugins.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);

  /** Attack R2: no stack trace in the log for an empty path, but an answer. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void emptyPath_isRefusedWithoutALogLine(TlsProvider provider) throws Exception {
    try (Connections connections = new Connections(provider, provider);
        GrpcLog log = GrpcLog.open()) {
      Endpoint bound = connections.serve(LOOPBACK, () -> host);
      try (Socket socket = new RawTls(plugin, hosts.bundle()).connect(bound)) {
        socket.getOutputStream().write(RawTls.request(""));
        socket.getOutputStream().flush();
        byte[] read = new byte[1024];
        StringBuilder all = new StringBuilder();
        while (!all.toString().contains("Expected path to start with /")) {
          int count = socket.getInputStream().read(read);
          assertThat(count).as("read so far: %s", all).isPositive();
          all.append(new String(read, 0, count, US_ASCII));
        }
      }
      assertThat(log.lines()).isEmpty();
    }
  }
}
