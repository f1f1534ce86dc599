package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tenon.router.relay.RelayBytes;

/**
 * A whole relay beside Netty under Jazzer: replays the corpus in {@code RelayScriptFuzzTestInputs},
 * and looks for more where {@code JAZZER_FUZZ=1} is set.
 */
class RelayScriptFuzzTest {
  @FuzzTest(maxDuration = "10m")
  void relay_anyScript_givesTheFarSideTheSame(byte[] script) {
    var unused = RelayBytes.script(script);
  }
}
