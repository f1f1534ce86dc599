package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tenon.router.relay.RelayBytes;

/**
 * What a caller says to a relay under Jazzer: replays the corpus in {@code
 * RelayCallerFuzzTestInputs}, and looks for more where {@code JAZZER_FUZZ=1} is set.
 */
class RelayCallerFuzzTest {
  @FuzzTest(maxDuration = "10m")
  void received_anyBytes_leavesTheProviderAlone(byte[] bytes) {
    var unused = RelayBytes.ofCaller(bytes);
  }
}
