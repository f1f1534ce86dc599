package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tenon.core.QuotedText;

/**
 * A text that is shown in a message, under Jazzer: replays the corpus in {@code
 * QuotedFuzzTestInputs}, and looks for more where {@code JAZZER_FUZZ=1} is set.
 */
class QuotedFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void quote_anyBytes_oneHarmlessLine(byte[] text) {
    var unused = QuotedText.check(text);
  }
}
