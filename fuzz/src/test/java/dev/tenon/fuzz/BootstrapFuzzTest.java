package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * The bootstrap line under Jazzer: replays the corpus in {@code BootstrapFuzzTestInputs}, and looks
 * for more where {@code JAZZER_FUZZ=1} is set.
 */
class BootstrapFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void parse_anyBytes_refusesOrRoundTrips(byte[] line) throws Exception {
    BootstrapLine.check(line);
  }
}
