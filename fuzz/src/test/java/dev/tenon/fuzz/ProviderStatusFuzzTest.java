package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tenon.router.ProviderStatusText;

/**
 * The status of a provider under Jazzer: replays the corpus in {@code
 * ProviderStatusFuzzTestInputs}, and looks for more where {@code JAZZER_FUZZ=1} is set.
 */
class ProviderStatusFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void read_anyBytes_onlyWhatMayPass(byte[] status) {
    var unused = ProviderStatusText.check(status);
  }
}
