package dev.tenon.router.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.router.http2.FakePeer;
import dev.tenon.router.http2.Frames;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** A provider that has been taken over: whatever it says, its callers get an end of their calls. */
class HostileProviderTest {
  private final MemoryRelay relay = new MemoryRelay();
  private final FakePeer provider = relay.provider();
  private final FakePeer caller = relay.caller();

  @BeforeEach
  void call() {
    assertThat(caller.send(new Frames().headers(1, true, Frames.call()))).isEmpty();
    assertThat(provider.read()).hasSize(1);
  }

  private void assertEnded(List<String> said, int status) {
    assertThat(said.get(said.size() - 1)).contains("grpc-status: " + status);
    assertThat(relay.over()).isEqualTo(1);
    assertThat(caller.send(new Frames().ping(1))).containsExactly("PING ACK 1");
  }

  /** Garbage where frames should be ends the provider's connection, and no other. */
  @RepeatedTest(20)
  void provider_thatSendsGarbage_losesItsConnection(RepetitionInfo repetition) {
    byte[] garbage = new byte[4_000];
    new Random(repetition.getCurrentRepetition()).nextBytes(garbage);
    garbage[0] = 1; // A frame of more than 64 KiB.

    assertThat(provider.send(new Frames().raw(garbage))).endsWith("GOAWAY 0 FRAME_SIZE_ERROR");

    assertEnded(caller.read(), 14);
  }

  /** A message of 1 GiB is refused by its prefix, before there is any memory for it. */
  @Test
  void provider_thatAnnouncesAGibibyte_isCutOff() {
    byte[] prefix = {0, 0x40, 0, 0, 0};

    assertThat(
            provider.send(new Frames().headers(1, false, Frames.answer()).data(1, false, prefix)))
        .containsExactly("RST_STREAM 1 CANCEL");

    assertEnded(caller.read(), 8);
  }

  /** Headers without an end cost their own connection. */
  @Test
  void provider_thatSendsHeadersWithoutEnd_losesItsConnection() {
    Frames endless = new Frames().frame(0x1, 0, 1, new byte[16_000]);
    for (int i = 0; i < 5; i++) {
      endless.frame(0x9, 0, 1, new byte[16_000]);
    }

    assertThat(provider.send(endless)).endsWith("GOAWAY 0 ENHANCE_YOUR_CALM");

    assertEnded(caller.read(), 14);
  }

  @Test
  void provider_thatSendsMuchMetadata_endsItsCall() {
    Frames much = new Frames().headers(1, false, ":status: 200", "x-much: " + "y".repeat(9_000));

    assertThat(provider.send(much)).containsExactly("RST_STREAM 1 CANCEL");

    assertEnded(caller.read(), 8);
  }
}
