package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * A configuration file under Jazzer: replays the corpus in {@code ConfigTableFuzzTestInputs}, and
 * looks for more where {@code JAZZER_FUZZ=1} is set.
 */
class ConfigTableFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void read_anyBytes_refusesOrKeepsItsForm(byte[] toml) {
    var unused = ConfigTableText.check(toml);
  }
}
