package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A process that may write no more than 512 bytes into a file: writes that are cut in earnest. */
class AuditFullDiskTest {
  @TempDir Path folder;

  /**
   * A record of which half was written is refused, as is every later one; without the limit the log
   * goes on, whole. Row: AU-3. Attack: A1.
   */
  @Test
  @EnabledOnOs(OS.LINUX)
  void record_writeCutShort_refusedAndWholeAfterARestart() throws Exception {
    Path file = folder.resolve("audit.jsonl");

    List<String> said = run(file, "ulimit -f 1; exec \"$@\"", 1, 8);

    assertThat(said)
        .containsExactly(
            "told 1",
            "told 2",
            "refused 3",
            "refused 4",
            "refused 5",
            "refused 6",
            "refused 7",
            "refused 8");
    assertThat(AuditVerification.verify(file)).isNotInstanceOf(AuditVerification.Broken.class);
    assertThat(run(file, "exec \"$@\"", 9, 12))
        .containsExactly("told 9", "told 10", "told 11", "told 12");
    assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.Whole.class);
    assertThat(WrittenRecords.in(folder))
        .containsExactlyInAnyOrder("w 1", "w 2", "w 9", "w 10", "w 11", "w 12");
  }

  private static List<String> run(Path file, String script, long from, long to) throws Exception {
    Process process =
        new ProcessBuilder(
                "/bin/sh",
                "-c",
                script,
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:-UsePerfData",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                CountedAppender.class.getName(),
                file.toString(),
                String.valueOf(from),
                String.valueOf(to))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return said.lines().toList();
  }
}
