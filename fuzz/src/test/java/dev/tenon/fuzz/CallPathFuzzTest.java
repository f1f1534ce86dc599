package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * The path of a call under Jazzer: replays the corpus in {@code CallPathFuzzTestInputs}, and looks
 * for more where {@code JAZZER_FUZZ=1} is set.
 */
class CallPathFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void parse_anyBytes_refusesOrKeepsItsForm(byte[] path) {
    var unused = CallPathText.check(path);
  }
}
