package dev.tenon.router.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.router.relay.Messages.RefusedMessage;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class MessagesTest {
  private static final int MOST = 1_000;

  private static ByteBuffer message(int flag, byte... content) {
    return ByteBuffer.allocate(5 + content.length)
        .put((byte) flag)
        .putInt(content.length)
        .put(content)
        .flip();
  }

  private static byte[] gzip(byte[] content) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(content);
    }
    return out.toByteArray();
  }

  private static Status refused(Messages messages, ByteBuffer from) {
    RefusedMessage refused = catchThrowableOfType(RefusedMessage.class, () -> messages.next(from));
    assertThat(refused).isNotNull();
    return refused.status();
  }

  @Test
  void next_ofSeveralInOnePiece_givesOneAfterTheOther() throws Exception {
    Messages messages = new Messages(MOST, "");
    ByteBuffer two = ByteBuffer.allocate(100).put(message(0, (byte) 1)).put(message(0)).flip();

    assertThat(messages.next(two)).containsExactly(1);
    assertThat(messages.next(two)).isEmpty();
    assertThat(messages.next(two)).isNull();
    assertThat(messages.isWithin()).isFalse();
  }

  /** Lengths are announced on many streams, and nothing follows. */
  @Test
  void next_ofLengthsAlone_keepsNoRoomForThem() throws Exception {
    List<Messages> all = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      Messages messages = new Messages(Integer.MAX_VALUE, "");
      assertThat(messages.next(ByteBuffer.allocate(5).putInt(1, 1 << 30))).isNull();
      all.add(messages);
    }

    assertThat(all).allMatch(Messages::isWithin);
  }

  @Test
  void next_ofPieces_givesTheWhole() throws Exception {
    Messages messages = new Messages(MOST, "");
    List<byte[]> whole = new ArrayList<>();
    byte[] all = message(0, (byte) 1, (byte) 2, (byte) 3).array();
    for (int i = 0; i < all.length; i++) {
      byte[] message = messages.next(ByteBuffer.wrap(all, i, 1));
      assertThat(messages.isWithin()).isEqualTo(i < all.length - 1);
      if (message != null) {
        whole.add(message);
      }
    }

    assertThat(whole).hasSize(1);
    assertThat(whole.get(0)).containsExactly(1, 2, 3);
  }

  /** Refused by its prefix, before there is an array for it. Attack: R27. */
  @Test
  void next_beyondTheLimit_isRefusedByItsPrefix() {
    for (int length : new int[] {MOST + 1, Integer.MAX_VALUE, -1, Integer.MIN_VALUE}) {
      ByteBuffer prefix = ByteBuffer.allocate(5).putInt(1, length);
      assertThat(refused(new Messages(MOST, ""), prefix).getCode())
          .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }
  }

  @Test
  void next_withUnknownFlags_isRefused() {
    for (int flag : new int[] {2, 0x7f, 0x80, 0xff}) {
      assertThat(refused(new Messages(MOST, "gzip"), message(flag)).getCode())
          .isEqualTo(Status.Code.INTERNAL);
    }
  }

  @Test
  void next_thatIsCompressed_isInflated() throws Exception {
    byte[] content = new byte[MOST];
    content[7] = 9;

    assertThat(new Messages(MOST, "gzip").next(message(1, gzip(content)))).isEqualTo(content);
    assertThat(new Messages(MOST, "gzip").next(message(0, (byte) 5))).containsExactly(5);
  }

  /** Attack: R26. */
  @Test
  void next_thatInflatesBeyondTheLimit_isRefused() throws Exception {
    byte[] bomb = gzip(new byte[100_000]);
    assertThat(bomb).hasSizeLessThan(MOST);

    assertThat(refused(new Messages(MOST, "gzip"), message(1, bomb)).getCode())
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(refused(new Messages(MOST, "gzip"), message(1, gzip(new byte[MOST + 1]))).getCode())
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }

  /** Attack: R26. */
  @Test
  void next_thatIsCompressedWithoutSayingHow_isRefused() throws Exception {
    for (String encoding : new String[] {"", "identity", "snappy"}) {
      assertThat(refused(new Messages(MOST, encoding), message(1, gzip(new byte[3]))).getCode())
          .isEqualTo(Status.Code.INTERNAL);
    }
  }

  @Test
  void next_thatCannotBeInflated_isRefused() throws Exception {
    byte[] half = Arrays.copyOf(gzip(new byte[100]), 15);

    assertThat(refused(new Messages(MOST, "gzip"), message(1, (byte) 1, (byte) 2)).getCode())
        .isEqualTo(Status.Code.INTERNAL);
    assertThat(refused(new Messages(MOST, "gzip"), message(1, half)).getCode())
        .isEqualTo(Status.Code.INTERNAL);
  }

  @Test
  void isKnown_ofWhatGrpcHas_isTrue() {
    assertThat(Messages.isKnown("") && Messages.isKnown("gzip") && Messages.isKnown("identity"))
        .isTrue();
    assertThat(Messages.isKnown("snappy")).isFalse();
  }
}
