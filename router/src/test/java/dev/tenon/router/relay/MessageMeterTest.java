package dev.tenon.router.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class MessageMeterTest {
  private static final int MOST = 1_000;

  private static ByteBuffer prefix(int length) {
    return ByteBuffer.allocate(5).putInt(1, length);
  }

  @Example
  void accepts_aMessageAtTheLimit_butNoLonger() {
    MessageMeter meter = new MessageMeter(MOST);

    assertThat(meter.accepts(prefix(MOST))).isTrue();
    assertThat(meter.accepts(ByteBuffer.allocate(MOST))).isTrue();
    assertThat(meter.accepts(prefix(0))).isTrue();
    assertThat(meter.accepts(prefix(MOST + 1))).isFalse();
  }

  /** By its prefix, before any of it is there; lengths have no sign. Attack: R27. */
  @Example
  void accepts_aPrefixOf4GiB_isFalseAtOnce() {
    assertThat(new MessageMeter(Integer.MAX_VALUE).accepts(prefix(-1))).isFalse();
  }

  /** Byte by byte the fifth tells. */
  @Example
  void accepts_aPrefixInPieces_tellsWithItsLast() {
    MessageMeter meter = new MessageMeter(MOST);
    ByteBuffer prefix = prefix(MOST + 1);
    for (int i = 0; i < 4; i++) {
      assertThat(meter.accepts(prefix.slice(i, 1))).isTrue();
    }

    assertThat(meter.accepts(prefix.slice(4, 1))).isFalse();
  }

  /**
   * Messages cut anywhere: the first that is too long is found in the piece that ends its prefix.
   */
  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void accepts_anyPieces_findsTheFirstThatIsTooLong(
      @ForAll @Size(max = 20) List<@IntRange(max = MOST + 60) Integer> lengths,
      @ForAll @Size(min = 1, max = 20) List<@IntRange(min = 1, max = 900) Integer> pieces) {
    ByteBuffer all = ByteBuffer.allocate(lengths.stream().mapToInt(length -> length + 5).sum());
    int refusedAt = Integer.MAX_VALUE;
    for (int length : lengths) {
      all.put((byte) 0).putInt(length);
      if (length > MOST && refusedAt == Integer.MAX_VALUE) {
        refusedAt = all.position();
      }
      for (int i = 0; i < length; i++) {
        all.put((byte) i);
      }
    }
    all.flip();
    MessageMeter meter = new MessageMeter(MOST);
    for (int i = 0; all.hasRemaining(); i++) {
      int size = Math.min(pieces.get(i % pieces.size()), all.remaining());
      ByteBuffer piece = all.slice(all.position(), size);
      all.position(all.position() + size);
      boolean accepted = meter.accepts(piece);

      assertThat(piece.position()).as("is not moved").isZero();
      assertThat(accepted).isEqualTo(all.position() < refusedAt);
      if (!accepted) {
        return;
      }
    }
  }
}
