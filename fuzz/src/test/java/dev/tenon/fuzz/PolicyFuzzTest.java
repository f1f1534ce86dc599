package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * A policy file under Jazzer: replays the corpus in {@code PolicyFuzzTestInputs}, and looks for
 * more where {@code JAZZER_FUZZ=1} is set.
 */
class PolicyFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void parse_anyBytes_refusesOrKeepsItsForm(byte[] toml) {
    var unused = PolicyText.check(toml);
  }
}
