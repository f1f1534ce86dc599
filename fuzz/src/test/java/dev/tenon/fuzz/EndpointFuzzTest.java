package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * Where a server listens under Jazzer: replays the corpus in {@code EndpointFuzzTestInputs}, and
 * looks for more where {@code JAZZER_FUZZ=1} is set.
 */
class EndpointFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void read_anyBytes_refusesOrKeepsItsForm(byte[] text) {
    var unused = EndpointText.check(text);
  }
}
