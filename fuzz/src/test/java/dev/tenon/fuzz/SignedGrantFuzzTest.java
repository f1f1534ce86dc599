package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * The text of a grant that a direct caller shows under Jazzer: replays the corpus in {@code
 * SignedGrantFuzzTestInputs}, and looks for more where {@code JAZZER_FUZZ=1} is set. Row: RT-24.
 */
class SignedGrantFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void parse_anyBytes_refusesOrKeepsItsForm(byte[] text) throws Exception {
    var unused = SignedGrantText.check(text);
  }
}
