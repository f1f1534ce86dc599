package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tenon.router.http2.HpackBlocks;

/**
 * The header blocks of a connection under Jazzer: replays the corpus in {@code
 * HpackFuzzTestInputs}, and looks for more where {@code JAZZER_FUZZ=1} is set.
 */
class HpackFuzzTest {
  @FuzzTest(maxDuration = "10m")
  void decode_anyBytes_refusesOrPassesOnTheSame(byte[] blocks) throws Exception {
    var unused = HpackBlocks.check(blocks);
  }
}
