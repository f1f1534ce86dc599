package dev.tenon.transport;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** What is put into a link. */
final class OutboxTest {
  private final PooledByteBufAllocator allocator = new PooledByteBufAllocator(true);
  private final Outbox outbox = new Outbox(allocator);

  private static byte[] bytes(String text) {
    return text.getBytes(ISO_8859_1);
  }

  private String taken() {
    ByteBuf taken = requireNonNull(outbox.take());
    String text = taken.toString(ISO_8859_1);
    taken.release();
    return text;
  }

  @Test
  void room_whileThereIsSome_isTheSameBuffer() {
    ByteBuffer first = outbox.room(1);
    first.put(bytes("ab"));

    assertThat(outbox.room(100)).isSameAs(first);
    assertThat(first.isDirect()).isTrue();
    assertThat(first.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
    assertThat(outbox.size()).isEqualTo(2);
    assertThat(taken()).isEqualTo("ab");
    assertThat(outbox.size()).isZero();
    assertThat(outbox.take()).isNull();
  }

  @Test
  void room_forMoreThanIsLeft_growsAndKeepsWhatWasPut() {
    outbox.room(1).put(bytes("ab"));

    ByteBuffer grown = outbox.room(100_000);

    assertThat(grown.remaining()).isGreaterThanOrEqualTo(100_000);
    grown.put(new byte[100_000]);
    assertThat(taken()).startsWith("ab").hasSize(100_002);
  }

  /** In the memory behind a buffer are those of other connections. */
  @Test
  void room_ofABuffer_endsWhereTheBufferDoes() {
    ByteBuffer view = outbox.room(1);

    assertThat(view.position()).isZero();
    assertThat(view.capacity()).isLessThanOrEqualTo(128 * 1024).isEqualTo(view.limit());
    outbox.close();
  }

  @Test
  void room_afterTheEnd_goesNowhere() {
    outbox.room(1).put(bytes("ab"));
    outbox.close();

    outbox.room(10_000).put(bytes("cd"));

    assertThat(outbox.take()).isNull();
    assertThat(outbox.size()).isZero();
  }

  /** Every buffer is given back: those taken by who takes them, others at growth and at the end. */
  @Test
  void buffers_afterAll_areGivenBack() {
    ByteBuf[] seen = new ByteBuf[1];
    outbox.room(1).put(bytes("ab"));
    outbox.room(100_000).put(bytes("cd"));
    seen[0] = requireNonNull(outbox.take());
    outbox.room(5).put(bytes("e"));
    outbox.close();

    assertThat(seen[0].refCnt()).isOne();
    seen[0].release();
    allocator.trimCurrentThreadCache();
    assertThat(LinkLeakTest.held(allocator)).isZero();
  }
}
