package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * Names of plugins, runs, services and trust domains under Jazzer: replays the corpus in {@code
 * NamesFuzzTestInputs}, and looks for more where {@code JAZZER_FUZZ=1} is set.
 */
class NamesFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void read_anyBytes_refusesOrKeepsItsForm(byte[] text) {
    var unused = NamesText.check(text);
  }
}
