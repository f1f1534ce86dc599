package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What is allocated, and what is not. Measured more than once where it is nothing: the JVM's own
 * work on this thread may count once.
 */
class HpackAllocationTest {
  private static final int CALLS = 10_000;

  private final ThreadMXBean allocations = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** A call whose fields were all sent before costs no memory. */
  @Test
  void decodeAndEncode_fieldsOfTheTables_allocateNothing() throws Http2Fault {
    List<HeaderField> sent =
        Blocks.fields(":method: POST", ":path: /a.B/C", "te: trailers", "user-agent: test");
    HpackEncoder caller = new HpackEncoder(4096);
    HpackDecoder decoder = Blocks.decoder();
    HpackEncoder encoder = new HpackEncoder(4096);
    List<HeaderField> fields = new ArrayList<>();
    decoder.decode(Blocks.encode(caller, sent), fields);
    Blocks.encode(encoder, fields);
    ByteBuffer block = Blocks.encode(caller, sent);
    ByteBuffer out = ByteBuffer.allocate(100);

    long least = Long.MAX_VALUE;
    for (int round = 0; round < 5; round++) {
      long before = allocations.getCurrentThreadAllocatedBytes();
      for (int call = 0; call < CALLS; call++) {
        decoder.decode(block.rewind(), fields);
        out.clear();
        encoder.begin(out);
        for (int i = 0; i < fields.size(); i++) {
          encoder.encode(fields.get(i), out);
        }
      }
      least = Math.min(least, allocations.getCurrentThreadAllocatedBytes() - before);
    }

    assertThat(out.position()).isEqualTo(sent.size());
    assertThat(least).isLessThan(CALLS); // one object a call would be 16 times that
  }

  /**
   * Nothing is made of fields for which the list has no room.
   *
   * <p>Attack: R15.
   */
  @Test
  void decode_behindTheLimit_allocatesNothing() throws Http2Fault {
    HpackDecoder decoder = new HpackDecoder(4096, 40);
    ByteBuffer block = Blocks.hex("0f2b00".repeat(CALLS));
    List<HeaderField> fields = new ArrayList<>();

    long least = Long.MAX_VALUE;
    for (int round = 0; round < 5; round++) {
      long before = allocations.getCurrentThreadAllocatedBytes();
      assertThat(decoder.decode(block.rewind(), fields)).isFalse();
      least = Math.min(least, allocations.getCurrentThreadAllocatedBytes() - before);
    }

    assertThat(least).isLessThan(CALLS);
  }

  /** An idle connection does not keep the memory that its longest string took. */
  @Test
  void decode_afterALongString_itsMemoryIsGivenUp() throws Http2Fault {
    HpackDecoder decoder = Blocks.decoder();
    HeaderField large =
        HeaderField.of("a", "v".repeat(2 * StringLiteral.KEPT_BYTES), HeaderField.Indexing.PLAIN);
    ByteBuffer small = Blocks.hex("0001610162");
    List<HeaderField> fields = new ArrayList<>();
    decoder.decode(Blocks.encode(new HpackEncoder(4096), List.of(large)), fields);
    long before = allocations.getCurrentThreadAllocatedBytes();
    decoder.decode(small, fields);

    assertThat(allocations.getCurrentThreadAllocatedBytes() - before)
        .as("new memory, as the old is gone")
        .isGreaterThanOrEqualTo(StringLiteral.KEPT_BYTES);
  }
}
