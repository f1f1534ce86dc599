package dev.tenon.transport;

import static dev.tenon.transport.Connections.LOOPBACK;
import static dev.tenon.transport.Connections.PLUGIN;
import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.SpiffeId;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Links from end to end. */
final class LinkTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void echo_overTcp_comesBackAndThePeerIsKnown(TlsProvider provider) throws Exception {
    try (Links links = new Links(provider)) {
      assertEchoes(links, LOOPBACK);
    }
  }

  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void echo_overUnixSocket_comesBackAndThePeerIsKnown(TlsProvider provider) throws Exception {
    try (Links links = new Links(provider)) {
      assertEchoes(links, new Endpoint.Unix(directory.resolve("s")));
    }
  }

  private static void assertEchoes(Links links, Endpoint at) throws Exception {
    Endpoint bound = links.listen(at, Links.Echo::new);
    Links.Taken client = links.connect(bound, Links.Taken::new);
    client.send("hello");
    await().atMost(SOON).until(() -> client.events().equals("hello"));
    assertThat(links.told.poll(60, SECONDS)).isEqualTo("ready");
    Link accepted = links.nextAccepted().link;
    Peer peer = requireNonNull(accepted.attributes().get(Peer.KEY));
    assertThat(peer.id()).contains(SpiffeId.parse(PLUGIN));
    assertThat(peer.process().isPresent()).isEqualTo(bound instanceof Endpoint.Unix);
    assertThat(accepted.attributes().get(Source.KEY)).isNotNull();
    assertThat(accepted.attributes().get(Connection.KEY)).isNotNull();

    client.link.loop().execute(client.link::end);
    client.closed.get(60, SECONDS);
    assertThat(links.told.poll(60, SECONDS)).isEqualTo("terminated " + PLUGIN);
  }
}
