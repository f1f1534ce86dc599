package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * A SPIFFE ID under Jazzer: replays the corpus in {@code SpiffeIdFuzzTestInputs}, and looks for
 * more where {@code JAZZER_FUZZ=1} is set.
 */
class SpiffeIdFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void parse_anyBytes_refusesOrKeepsItsForm(byte[] text) {
    var unused = SpiffeIdText.check(text);
  }
}
