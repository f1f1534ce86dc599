package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tenon.router.http2.FrameBytes;

/**
 * Frames under Jazzer: replays the corpus in {@code FrameFuzzTestInputs}, and looks for more where
 * {@code JAZZER_FUZZ=1} is set.
 */
class FrameFuzzTest {
  @FuzzTest(maxDuration = "10m")
  void read_anyBytes_refusesOrTellsTheSameWhole(byte[] frames) {
    var unused = FrameBytes.check(frames);
  }
}
