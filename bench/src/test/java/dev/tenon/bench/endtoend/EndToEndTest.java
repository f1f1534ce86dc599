package dev.tenon.bench.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The comparison still works, with real proxies and a real host; its numbers mean nothing here. */
class EndToEndTest {
  @Test
  void run_brief_hasRightAnswersByEveryWayUnderEveryLoad() throws Exception {
    OnThisMachine.assumeComplete();
    List<String> progress = new ArrayList<>();

    Comparison comparison = new EndToEnd(Path.of("."), Plan.brief(), progress::add).run();

    String section = comparison.section();
    assertThat(section).endsWith("\nEvery call had the right answer.\n");
    for (Way way : Way.values()) {
      assertThat(section.lines())
          .filteredOn(line -> line.startsWith("| " + way.title() + " | "))
          .hasSize(Load.values().length)
          .noneMatch(line -> line.startsWith("| " + way.title() + " | –"));
    }
    assertThat(progress).last().isEqualTo("round 1 of 1");
    assertThat(ProcessHandle.current().descendants()).isEmpty();
  }
}
