package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tenon.router.relay.MessageBytes;

/**
 * The messages of one direction under Jazzer: replays the corpus in {@code MessageFuzzTestInputs},
 * and looks for more where {@code JAZZER_FUZZ=1} is set.
 */
class MessageFuzzTest {
  @FuzzTest(maxDuration = "10m")
  void next_anyBytes_refusesOrGivesTheSame(byte[] bytes) {
    var unused = MessageBytes.check(bytes);
  }
}
