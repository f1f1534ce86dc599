package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * The text of a token under Jazzer: replays the corpus in {@code TokenFuzzTestInputs}, and looks
 * for more where {@code JAZZER_FUZZ=1} is set.
 */
class TokenFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void read_anyBytes_refusesOrKeepsItsForm(byte[] text) {
    var unused = TokenText.check(text);
  }
}
