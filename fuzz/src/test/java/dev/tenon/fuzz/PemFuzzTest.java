package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tenon.transport.PemText;

/**
 * A trust bundle under Jazzer: replays the corpus in {@code PemFuzzTestInputs}, and looks for more
 * where {@code JAZZER_FUZZ=1} is set.
 */
class PemFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void read_anyBytes_refusesOrKeepsItsForm(byte[] pem) {
    var unused = PemText.check(pem);
  }
}
