package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * Versions under Jazzer: replays the corpus in {@code VersionFuzzTestInputs}, and looks for more
 * where {@code JAZZER_FUZZ=1} is set.
 */
class VersionFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void parse_anyBytes_refusesOrKeepsItsForm(byte[] text) {
    var unused = VersionText.check(text);
  }
}
