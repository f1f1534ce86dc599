package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tenon.router.relay.RelayBytes;

/**
 * What a provider says to a relay under Jazzer: replays the corpus in {@code
 * RelayProviderFuzzTestInputs}, and looks for more where {@code JAZZER_FUZZ=1} is set.
 */
class RelayProviderFuzzTest {
  @FuzzTest(maxDuration = "10m")
  void received_anyBytes_leavesTheCallerAlone(byte[] bytes) {
    var unused = RelayBytes.ofProvider(bytes);
  }
}
