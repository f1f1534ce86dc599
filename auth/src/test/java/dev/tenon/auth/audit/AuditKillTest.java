package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that dies while it writes: what it was told of is on disk, and nothing is half. */
class AuditKillTest {
  /** 1,000 in the measured run, see docs/evidence/audit.md. */
  private static final int ROUNDS = Integer.getInteger("tenon.audit.kills", 2);

  @TempDir Path folder;

  /**
   * SIGKILL at random moments under load, again and again over the same log, through rotations:
   * each acknowledged record is there, and the chain is whole. Row: AU-2. Attack: A4.
   */
  @Test
  void record_processKilledAtRandom_everyAcknowledgedRecordOnDisk() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    Random random = new Random(7);
    Set<String> told = new HashSet<>();
    for (int round = 0; round < ROUNDS; round++) {
      told.addAll(runAndKill(file, "r" + round, 1 + random.nextInt(60)));
      AuditVerification found = AuditVerification.verify(file);
      assertThat(found).as("round %s", round).isNotInstanceOf(AuditVerification.Broken.class);
      if (round % 50 == 49 || round == ROUNDS - 1) {
        assertThat(WrittenRecords.in(folder)).as("round %s", round).containsAll(told);
      }
    }
    JsonLinesAuditLog.open(file).close();

    assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.Whole.class);
    assertThat(told).isNotEmpty();
    System.out.println("killed " + ROUNDS + " times; acknowledged " + told.size() + " records");
  }

  /** Returns what the program was told of before it was killed. */
  private static List<String> runAndKill(Path file, String run, int afterLines) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-cp",
                System.getProperty("java.class.path"),
                AuditAppender.class.getName(),
                file.toString(),
                run)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<String> told = new ArrayList<>();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
      String line = out.readLine();
      while (line != null) {
        told.add(line);
        if (told.size() == afterLines) {
          process.destroyForcibly();
        }
        line = out.readLine();
      }
    } catch (IOException e) {
      // The stream may end in the middle of a line when the process is killed.
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(told).as("records before the kill").hasSizeGreaterThanOrEqualTo(afterLines);
    return told.subList(0, told.size() - 1); // The last line may be cut.
  }
}
