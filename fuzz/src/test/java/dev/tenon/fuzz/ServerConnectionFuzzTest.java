package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tenon.router.http2.PeerBytes;

/**
 * What a client says to our side of HTTP/2 under Jazzer: replays the corpus in {@code
 * ServerConnectionFuzzTestInputs}, and looks for more where {@code JAZZER_FUZZ=1} is set.
 */
class ServerConnectionFuzzTest {
  @FuzzTest(maxDuration = "10m")
  void received_anyBytes_throwsNothing(byte[] bytes) {
    var unused = PeerBytes.ofClient(bytes);
  }
}
