package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tenon.router.ForwardedMetadataBytes;

/**
 * The metadata of a call under Jazzer: replays the corpus in {@code
 * ForwardedMetadataFuzzTestInputs}, and looks for more where {@code JAZZER_FUZZ=1} is set.
 */
class ForwardedMetadataFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void read_anyBytes_onlyWhatMayPass(byte[] entries) {
    var unused = ForwardedMetadataBytes.check(entries);
  }
}
