package dev.tenon.bench.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.bench.endtoend.ThreadTimes.CpuTime;
import dev.tenon.bench.endtoend.ThreadTimes.OfThread;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ThreadTimesTest {
  @TempDir private Path tasks;

  @Test
  void read_ofAProcess_hasNameAndRunTimeOfEachThread() throws Exception {
    thread("7", "java", "1500 20 3");
    thread("8", "C2 CompilerThre", "99 0 1");

    assertThat(ThreadTimes.read(tasks).byThread())
        .isEqualTo(Map.of(7, new OfThread("java", 1500), 8, new OfThread("C2 CompilerThre", 99)));
  }

  @Test
  void read_ofAThreadThatEndsMeanwhile_passesItOver() throws Exception {
    thread("7", "java", "1500 20 3");
    Files.createDirectory(tasks.resolve("8"));

    assertThat(ThreadTimes.read(tasks).byThread()).containsOnlyKeys(7);
  }

  private void thread(String id, String name, String schedstat) throws Exception {
    Path thread = Files.createDirectory(tasks.resolve(id));
    Files.writeString(thread.resolve("comm"), name + "\n");
    Files.writeString(thread.resolve("schedstat"), schedstat + "\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1", "1 2", "1 2 3 4", "x 2 3", "1.5 2 3"})
  void parseRunTime_ofAnotherText_isRefused(String text) {
    assertThatThrownBy(() -> ThreadTimes.parseRunTime(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(expected: three numbers)");
  }

  @Test
  void since_ofAJvm_keepsItsCompilerApart() {
    ThreadTimes before =
        new ThreadTimes(
            Map.of(1, new OfThread("java", 100), 2, new OfThread("C1 CompilerThre", 1_000)));
    ThreadTimes after =
        new ThreadTimes(
            Map.of(
                1, new OfThread("java", 150),
                2, new OfThread("C1 CompilerThre", 1_007),
                3, new OfThread("C2 CompilerThre", 20)));

    assertThat(after.since(before)).isEqualTo(new CpuTime(50, 27));
  }

  @Test
  void since_withThreadsThatCameAndWent_countsWhatIsKnown() {
    ThreadTimes before =
        new ThreadTimes(Map.of(1, new OfThread("main", 100), 2, new OfThread("gone", 1_000)));
    ThreadTimes after =
        new ThreadTimes(Map.of(1, new OfThread("main", 101), 3, new OfThread("new", 7)));

    assertThat(after.since(before)).isEqualTo(new CpuTime(8, 0));
  }
}
