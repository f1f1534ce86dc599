package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * A certificate request under Jazzer: replays the corpus in {@code
 * CertificateRequestFuzzTestInputs}, and looks for more where {@code JAZZER_FUZZ=1} is set.
 */
class CertificateRequestFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void parse_anyBytes_refusesOrKeepsItsForm(byte[] der) throws Exception {
    var unused = CertificateRequestDer.check(der);
  }
}
