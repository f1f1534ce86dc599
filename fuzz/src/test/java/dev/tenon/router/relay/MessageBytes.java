package dev.tenon.router.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.router.relay.Messages.RefusedMessage;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What must hold for any bytes where the messages of one direction should be. The first byte says
 * how they are compressed, the second how long they may be.
 */
public final class MessageBytes {
  private static final String[] ENCODINGS = {"", "gzip", "identity"};

  private MessageBytes() {}

  /**
   * Puts the messages together from one piece, and from single bytes: both are the same, and none
   * is longer than it may be; and the meter stops them where a prefix says too much.
   *
   * @return whether all were taken
   */
  public static boolean check(byte[] bytes) {
    if (bytes.length < 2) {
      return false;
    }
    String encoding = ENCODINGS[(bytes[0] & 0xff) % ENCODINGS.length];
    int most = (bytes[1] & 0xff) * 8;
    byte[] all = java.util.Arrays.copyOfRange(bytes, 2, bytes.length);
    List<String> whole = read(new Messages(most, encoding), all, all.length, most);
    assertThat(read(new Messages(most, encoding), all, 1, most)).isEqualTo(whole);
    boolean isRefused = !whole.isEmpty() && whole.get(whole.size() - 1).startsWith("refused");
    boolean isShort = new MessageMeter(most).accepts(ByteBuffer.wrap(all));
    MessageMeter slow = new MessageMeter(most);
    boolean isShortByByte = true;
    for (int i = 0; i < all.length && isShortByByte; i++) {
      isShortByByte = slow.accepts(ByteBuffer.wrap(all, i, 1));
    }
    assertThat(isShortByByte).isEqualTo(isShort);
    assertThat(isShort || isRefused).as("what the meter stops goes nowhere").isTrue();
    return !isRefused;
  }

  private static List<String> read(Messages messages, byte[] all, int size, int most) {
    List<String> read = new ArrayList<>();
    try {
      for (int at = 0; at < all.length; at += size) {
        ByteBuffer piece = ByteBuffer.wrap(all, at, Math.min(size, all.length - at));
        byte[] message;
        while ((message = messages.next(piece)) != null) {
          assertThat(message.length).isLessThanOrEqualTo(most);
          read.add(java.util.HexFormat.of().formatHex(message));
        }
        assertThat(piece.hasRemaining()).isFalse();
      }
    } catch (RefusedMessage refused) {
      Status status = refused.status();
      assertThat(status.getCode()).isIn(Status.Code.RESOURCE_EXHAUSTED, Status.Code.INTERNAL);
      read.add("refused: " + status.getDescription());
    }
    return read;
  }
}
