package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What must hold for any bytes where frames should be: SETTINGS come before them. */
public final class FrameBytes {
  private FrameBytes() {}

  /**
   * Reads {@code bytes} whole and byte by byte: both tell the same.
   *
   * @return whether nothing was refused
   */
  public static boolean check(byte[] bytes) {
    byte[] all = new Frames().settings().raw(bytes).bytes();
    FrameLog whole = new FrameLog();
    FrameLog single = new FrameLog();
    List<String> refusals = read(new FrameReader(whole), ByteBuffer.wrap(all));
    List<String> others = new ArrayList<>();
    FrameReader slow = new FrameReader(single);
    for (int i = 0; i < all.length && others.stream().noneMatch(FrameBytes::isLast); i++) {
      others.addAll(read(slow, ByteBuffer.wrap(all, i, 1)));
    }
    assertThat(others).isEqualTo(refusals);
    assertThat(single.events()).isEqualTo(whole.events());
    return refusals.isEmpty();
  }

  private static List<String> read(FrameReader reader, ByteBuffer in) {
    List<String> refusals = new ArrayList<>();
    while (refusals.stream().noneMatch(FrameBytes::isLast)) {
      try {
        reader.read(in);
        assertThat(in.hasRemaining()).isFalse();
        return refusals;
      } catch (Http2Fault fault) {
        refusals.add(fault.stream() + " " + fault.code() + " " + fault.what());
      }
    }
    return refusals;
  }

  private static boolean isLast(String refusal) {
    return refusal.startsWith("0 ");
  }
}
