package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tenon.transport.PeerCertificateDer;

/**
 * The certificate of a peer under Jazzer: replays the corpus in {@code
 * PeerCertificateFuzzTestInputs}, and looks for more where {@code JAZZER_FUZZ=1} is set.
 *
 * <p>Attack X28: indefinite and absurd lengths, tags that are none, names of other kinds.
 */
class PeerCertificateFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void read_anyBytes_refusesOrKeepsItsForm(byte[] der) {
    var unused = PeerCertificateDer.check(der);
  }
}
