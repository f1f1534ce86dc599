package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * A range of versions under Jazzer: replays the corpus in {@code VersionRangeFuzzTestInputs}, and
 * looks for more where {@code JAZZER_FUZZ=1} is set.
 */
class VersionRangeFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void parse_anyBytes_refusesOrKeepsItsForm(byte[] text) {
    var unused = VersionRangeText.check(text);
  }
}
