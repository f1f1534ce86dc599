package dev.tenon.router.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.router.http2.ErrorCode;
import dev.tenon.router.http2.FakePeer;
import dev.tenon.router.http2.Frames;
import dev.tenon.router.http2.HeaderField;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What is easily got wrong about the connections to a provider, and about fields that cross. */
class ProviderPitfallsTest {
  private static final int MAX_CONCURRENT_STREAMS = 0x3;

  private final MemoryRelay relay = new MemoryRelay();
  private final FakePeer caller = relay.caller();

  private List<String> call(int id, String... more) {
    return call(id, true, more);
  }

  private List<String> call(int id, boolean ends, String... more) {
    return caller.send(new Frames().headers(id, ends, Frames.call(more)));
  }

  private static List<String> end(FakePeer provider, int id) {
    return provider.send(new Frames().headers(id, true, ":status: 200", "grpc-status: 0"));
  }

  /** No stream is opened before the preface, nor before the provider's SETTINGS. */
  @Test
  void call_beforeTheConnectionIsReady_comesAfterThePreface() {
    assertThat(call(1)).isEmpty();

    FakePeer provider = relay.providers.get(0);
    assertThat(new String(provider.link().taken(), StandardCharsets.ISO_8859_1))
        .startsWith("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0");
    assertThat(provider.send(Frames.ofServer())).hasSize(2).first().isEqualTo("SETTINGS ACK");
  }

  /** One call after the other, and a provider that takes none for now. */
  @Test
  void provider_thatTakesFewCalls_getsThemOneByOne() {
    relay.connectsAtOnce = false;
    assertThat(call(1)).isEmpty();
    relay.connect();
    FakePeer provider = relay.providers.get(0);
    assertThat(provider.send(Frames.ofServer(MAX_CONCURRENT_STREAMS, 0))).hasSize(3);
    assertThat(call(3)).isEmpty();
    assertThat(provider.read()).isEmpty();

    List<String> said = provider.send(new Frames().settings(MAX_CONCURRENT_STREAMS, 1));
    assertThat(said).hasSize(2).last().asString().startsWith("HEADERS 1 END");
    assertThat(end(provider, 1)).hasSize(1).first().asString().startsWith("HEADERS 3 END");
    assertThat(provider.send(new Frames().settings(MAX_CONCURRENT_STREAMS, 0))).hasSize(1);
    assertThat(end(provider, 3)).isEmpty();
    assertThat(call(5)).as("waits").hasSize(2);
    assertThat(provider.read()).isEmpty();
  }

  /** What waits is bounded, in number and in time. */
  @Test
  void provider_thatTakesNoCalls_keepsFewWaiting() {
    FakePeer provider = relay.provider(MAX_CONCURRENT_STREAMS, 0);
    relay.connectsAtOnce = false;
    int callers = ProviderConnections.MOST_WAITING / MemoryRelay.MAX_CALLS;
    Frames calls = new Frames();
    for (int i = 0; i < MemoryRelay.MAX_CALLS; i++) {
      calls.headers(2 * i + 1, true, Frames.call());
    }
    for (int i = 0; i < callers; i++) {
      assertThat(relay.caller().send(calls)).isEmpty();
    }

    assertThat(call(1)).hasSize(1).first().asString().contains("grpc-status: 14");
    assertThat(relay.endedBy)
        .as("too many callers say nothing of their provider")
        .containsExactly(WireCall.EndedBy.OUR_SIDE);
    assertThat(relay.timed()).isEqualTo(ProviderConnections.MOST_WAITING);
    relay.advance(ProviderConnections.LONGEST_WAIT.plusSeconds(1));
    assertThat(relay.callers.get(1).read())
        .hasSize(MemoryRelay.MAX_CALLS)
        .allMatch(line -> line.contains("grpc-status: 14"));
    assertThat(relay.endedBy.subList(1, relay.endedBy.size()))
        .containsOnly(WireCall.EndedBy.CONNECTION);
    assertThat(relay.over()).isEqualTo(relay.begun());
    assertThat(relay.timed()).isZero();
    assertThat(provider.read()).isEmpty();
  }

  @Test
  void call_thatWaits_endsWithItsTime() {
    var unused = relay.provider(MAX_CONCURRENT_STREAMS, 0);
    assertThat(call(1, "grpc-timeout: 1S")).isEmpty();

    relay.advance(Duration.ofSeconds(2));

    assertThat(caller.read()).hasSize(1).first().asString().contains("grpc-status: 4");
    assertThat(relay.timed()).isZero();
  }

  @Test
  void call_thatWaitsAndIsCancelled_isForgotten() {
    FakePeer provider = relay.provider(MAX_CONCURRENT_STREAMS, 0);
    assertThat(call(1)).isEmpty();
    assertThat(caller.send(new Frames().reset(1, ErrorCode.CANCEL))).isEmpty();

    assertThat(provider.send(new Frames().settings(MAX_CONCURRENT_STREAMS, 5)))
        .containsExactly("SETTINGS ACK");
    assertThat(relay.timed()).isZero();
    assertThat(relay.over()).isEqualTo(1);
  }

  /** What the provider has not done comes back as such; what it has runs on, over there. */
  @Test
  void goAway_refusesWhatIsAboveIt_andNewCallsGoElsewhere() {
    FakePeer old = relay.provider();
    assertThat(call(1)).isEmpty();
    assertThat(call(3)).isEmpty();
    assertThat(old.read()).hasSize(2);

    var unused = old.send(new Frames().goAway(1, ErrorCode.NO_ERROR));
    assertThat(caller.read()).containsExactly("RST_STREAM 3 REFUSED_STREAM");
    assertThat(call(5)).isEmpty();
    FakePeer next = relay.providers.get(1);
    unused = next.send(Frames.ofServer());
    assertThat(old.read()).isEmpty();
    assertThat(end(next, 1)).isEmpty();
    assertThat(caller.read()).hasSize(1).first().asString().startsWith("HEADERS 5 END");

    assertThat(end(old, 1)).isEmpty();
    assertThat(caller.read()).hasSize(1).first().asString().startsWith("HEADERS 1 END");
    assertThat(old.link().hasEnded()).isTrue();
    assertThat(next.link().hasEnded()).isFalse();
  }

  /** A connection that is lost fails its calls at once, and the next call makes another. */
  @Test
  void provider_thatIsLost_failsItsCallsAndIsConnectedAnew() {
    FakePeer first = relay.provider();
    assertThat(call(1)).isEmpty();

    first.lose();

    assertThat(caller.read()).hasSize(1).first().asString().contains("grpc-status: 14");
    assertThat(call(3)).isEmpty();
    FakePeer second = relay.providers.get(1);
    assertThat(second.send(Frames.ofServer())).last().asString().startsWith("HEADERS 1 END");
  }

  /** One that never becomes ready is as good as none, and is not tried again and again. */
  @Test
  void provider_thatClosesBeforeItIsReady_failsWhatWaits() {
    assertThat(call(1)).isEmpty();
    relay.providers.get(0).lose();

    assertThat(caller.read()).hasSize(1).first().asString().contains("grpc-status: 14");
    assertThat(call(3)).as("soon after").hasSize(1);
    assertThat(relay.providers).hasSize(1);
    assertThat(relay.connecting).isEmpty();
  }

  @Test
  void provider_thatIsReadyForNoCall_failsWhatWaitsWhenItIsLost() {
    assertThat(call(1)).isEmpty();
    var unused = relay.providers.get(0).send(Frames.ofServer(MAX_CONCURRENT_STREAMS, 0));
    relay.providers.get(0).lose();

    assertThat(caller.read()).hasSize(1).first().asString().contains("grpc-status: 14");
    assertThat(relay.providers).hasSize(1);
  }

  /** Credentials are renewed while calls wait for the connection: they wait for the next. */
  @Test
  void renew_whileCallsWait_failsNone() {
    assertThat(call(1)).isEmpty();

    relay.backend.renew();
    relay.loop.run();

    assertThat(caller.read()).isEmpty();
    assertThat(relay.providers.get(0).link().hasEnded()).isTrue();
    assertThat(relay.providers.get(1).send(Frames.ofServer()))
        .last()
        .asString()
        .startsWith("HEADERS 1 END");
  }

  /** Not more than was given. Attack: R10. */
  @Test
  void timeout_ofACall_isForwardedNoLarger() {
    FakePeer provider = relay.provider();
    Pattern timeout = Pattern.compile("grpc-timeout: ([0-9]{1,8})([numSMH])");
    long[] given = {1, 999, 5_000_000_000L, 90_000_000_000L, Timeouts.LONGEST_NANOS};
    String[] texts = {"100S", "2000000u", "5S", "90000m", "99999999H"};
    for (int i = 0; i < given.length; i++) {
      assertThat(call(2 * i + 1, "grpc-timeout: " + texts[i])).isEmpty();
      String line = provider.read().get(0);
      Matcher matcher = timeout.matcher(line);
      assertThat(matcher.find()).as(line).isTrue();
      long before = nanos(texts[i]);
      assertThat(nanos(matcher.group(1) + matcher.group(2)))
          .isLessThanOrEqualTo(before)
          .isGreaterThan(before / 2);
    }
    assertThat(caller.read()).isEmpty();
  }

  private static long nanos(String timeout) {
    return Timeouts.nanos(HeaderField.of("grpc-timeout", timeout, HeaderField.Indexing.PLAIN));
  }

  @Test
  void timeout_malformed_isRefusedBeforeTheHandler() {
    assertThat(call(1, "grpc-timeout: 123456789S"))
        .hasSize(1)
        .first()
        .asString()
        .contains("grpc-status: 3");
    assertThat(relay.begun()).isZero();
  }

  /** The tables of both ends stay the same, whatever becomes of a stream. */
  @Test
  void blocks_ofStreamsThatAreOver_areReadAllTheSame() {
    FakePeer provider = relay.provider();
    assertThat(call(1, false)).isEmpty();
    byte[] indexed = {0x40, 3, 'x', '-', 'k', 1, 'v'};
    var unused = caller.send(new Frames().reset(1, ErrorCode.CANCEL));
    assertThat(provider.read()).hasSize(2);
    // Of a stream that the provider is done with, and of one too many.
    unused = provider.send(new Frames().frame(1, 0x4, 1, indexed));
    byte[] head = Frames.block(Frames.call());
    byte[] malformed = {0x40, 3, 'x', '-', 'k', 1, 'v', (byte) 0x82, (byte) 0x82};
    assertThat(caller.send(new Frames().frame(1, 0x5, 3, malformed)))
        .containsExactly("RST_STREAM 3 PROTOCOL_ERROR");

    byte[] both = Arrays.copyOf(head, head.length + 1);
    both[head.length] = (byte) (0x80 | 62);
    unused = caller.send(new Frames().frame(1, 0x5, 5, both));
    assertThat(provider.read()).hasSize(1).first().asString().contains("x-k: v");
    byte[] ok = Frames.block(Frames.answer());
    byte[] answer = Arrays.copyOf(ok, ok.length + 1);
    answer[ok.length] = (byte) (0x80 | 62);
    unused = provider.send(new Frames().frame(1, 0x4, 3, answer));
    assertThat(caller.read()).hasSize(1).first().asString().contains("x-k: v");
  }

  /** Names in capitals and fields of a connection end the stream; binary ones stay as they are. */
  @Test
  void fields_thatCross_areAsTheyWere() {
    FakePeer provider = relay.provider();

    assertThat(call(1, "X-Upper: a")).containsExactly("RST_STREAM 1 PROTOCOL_ERROR");
    assertThat(call(3, "connection: close")).containsExactly("RST_STREAM 3 PROTOCOL_ERROR");
    assertThat(call(5, "a-bin: AAEC,AwQ=", "x-a: b, c", "x-dropped: d", "tenon-to: z", "cookie: e"))
        .isEmpty();

    assertThat(provider.read())
        .hasSize(1)
        .first()
        .asString()
        .contains("te: trailers", "a-bin: AAEC,AwQ=", "x-a: b, c", ":path: /a.B/C")
        .contains(":authority: provider.test")
        .doesNotContain("x-dropped", "tenon-to");
  }
}
