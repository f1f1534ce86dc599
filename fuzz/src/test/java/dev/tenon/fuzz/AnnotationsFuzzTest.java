package dev.tenon.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * Metadata under Jazzer: replays the corpus in {@code AnnotationsFuzzTestInputs}, and looks for
 * more where {@code JAZZER_FUZZ=1} is set.
 */
class AnnotationsFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void parse_anyBytes_refusesOrKeepsItsForm(byte[] entries) {
    var unused = AnnotationsText.check(entries);
  }
}
