package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a call costs in memory whose fields were all sent before: nothing. */
class HpackAllocationTest {
  private static final int CALLS = 10_000;

  /** Measured more than once: the first rounds may load classes on this thread. */
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
    ThreadMXBean allocations = (ThreadMXBean) ManagementFactory.getThreadMXBean();

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
}
