package dev.tenon.bench.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Plugins come back after they were killed, with a standby and without. {@code
 * -Dtenon.recoveries=500} says how often each is killed; how long it takes is printed, and not
 * asked here.
 */
class RecoveriesTest {
  private static final int KILLS = Integer.getInteger("tenon.recoveries", 1);

  @Test
  void section_ofEachCase_everyKillWasFollowedByAnswers() throws Exception {
    List<String> progress = new ArrayList<>();

    String section = new Recoveries(KILLS, progress::add).section();

    System.out.println(section);
    String kills = " " + KILLS + " |";
    assertThat(section).contains("| kills |" + kills.repeat(2) + " " + (KILLS + 4) / 5 + " |\n");
    assertThat(progress).hasSizeGreaterThanOrEqualTo(3);
  }
}
