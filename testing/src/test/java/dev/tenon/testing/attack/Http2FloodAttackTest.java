package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Frames that cost their sender nothing and a careless server much: the connection ends, and the
 * innocent plugin is served all the while.
 */
class Http2FloodAttackTest {
  private static final String PATH = "/testservice.v1.Echo/Unary";

  /** RFC 9113, section 7: ENHANCE_YOUR_CALM. */
  private static final int CALM = 11;

  /** Closed; a GOAWAY is lost where the system resets a connection of which not all was read. */
  private static final int CLOSED = -1;

  @RegisterExtension
  static final Oracles oracles = Oracles.over(new Plan().enrolled("mallory", InnocentEcho.SERVICE));

  private static RawPlugin mallory() {
    return oracles.plugin("mallory");
  }

  private static RawHttp2 connect() throws IOException {
    return oracles.closing(RawHttp2.connect(mallory().bootstrap.data(), mallory()));
  }

  private static List<String> request(String path, String... more) {
    List<String> fields = new ArrayList<>(RawHttp2.request(path));
    fields.addAll(List.of("authorization", mallory().bearer()));
    fields.addAll(List.of(more));
    return fields;
  }

  private static void assertServedOnANewConnection() {
    assertThat(
            RawPlugin.deadline(
                    EchoGrpc.newBlockingStub(
                        RawPlugin.authorized(
                            mallory().connect(mallory().bootstrap.data(), mallory().credentials()),
                            mallory().bearer())))
                .unary(EchoRequest.getDefaultInstance()))
        .isNotNull();
  }

  /** More PINGs than frames of calls. Attack: R20. Row: DS-14. */
  @Test
  void connection_pingFlood_closed() throws IOException {
    RawHttp2 connection = connect();
    for (int i = 0; i < 1_000; i++) {
      connection.frame(RawHttp2.PING, 0, 0, new byte[8]);
    }
    assertThat(connection.goAway()).isIn(CALM, CLOSED);
  }

  /** Read or not, more answers are asked for than anybody needs. Row: DS-14. */
  @Test
  void connection_settingsFlood_closed() throws IOException {
    RawHttp2 connection = connect();
    for (int i = 0; i < 200; i++) {
      connection.frame(RawHttp2.SETTINGS, 0, 0, new byte[] {0, 4, 0, 0, 0, (byte) i});
    }
    assertThat(connection.goAway()).isIn(CALM, CLOSED);
  }

  /** Calls that are reset as soon as they begin. Attack: R16. Row: DS-14. */
  @Test
  void connection_rapidReset_closed() throws IOException {
    RawHttp2 connection = connect();
    for (int i = 0; i < 1_200; i++) {
      connection.headers(2 * i + 1, /* last= */ true, request(PATH));
      connection.frame(RawHttp2.RST_STREAM, 0, 2 * i + 1, new byte[] {0, 0, 0, 8});
    }
    assertThat(connection.goAway()).isIn(CALM, CLOSED);
    assertServedOnANewConnection();
    oracles.allow("mallory call relay /testservice.v1.Echo/Unary success -");
  }

  /** A header block without an end, of fragments of all sizes. Attack: R18. Row: DS-14. */
  @Test
  void connection_continuationFlood_closed() throws IOException {
    for (int size : new int[] {0, 1, 16_384}) {
      RawHttp2 connection = connect();
      connection.frame(RawHttp2.HEADERS, 0, 1, new byte[0]);
      for (int i = 0; i < 200; i++) {
        connection.frame(RawHttp2.CONTINUATION, 0, 1, new byte[size]);
      }
      assertThat(connection.goAway()).as("fragments of %d", size).isIn(CALM, 1, CLOSED);
    }
  }

  /** A message that says it has 2 or 4 GiB: refused by its prefix. Attack: R27. Row: DS-9. */
  @Test
  void call_prefixOfGibibytes_refusedBeforeAnythingIsKept() throws IOException {
    for (byte first : new byte[] {0x7f, -1}) {
      RawHttp2 connection = connect();
      connection.headers(1, /* last= */ false, request("/testservice.v1.Echo/ServerStream"));
      connection.frame(RawHttp2.DATA, 0, 1, new byte[] {0, first, -1, -1, -1});

      assertThat(connection.end(1)).startsWith("grpc 8: ");
    }
    oracles.allow("mallory call relay /testservice.v1.Echo/ServerStream success -");
  }

  /** Row: DS-9. */
  @Test
  void call_metadataOfMoreThanEightKibibytes_refused() throws IOException {
    RawHttp2 connection = connect();
    connection.headers(1, /* last= */ true, request(PATH, "x-much", "m".repeat(9_000)));

    assertThat(connection.end(1)).isEqualTo("http 431");
  }
}
