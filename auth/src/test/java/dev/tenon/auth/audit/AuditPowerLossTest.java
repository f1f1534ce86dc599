package dev.tenon.auth.audit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process writes a log under strace; then its calls are replayed, and after each of them the
 * power is lost.
 */
class AuditPowerLossTest {
  /** Four rotations in the measured run, one in each build. */
  private static final int LAST = Boolean.getBoolean("tenon.audit.full") ? 25 : 7;

  @TempDir Path scratch;
  private Path folder;
  private Path file;

  @BeforeAll
  static void assumeStrace() throws Exception {
    Strace.assumeInstalled();
  }

  @BeforeEach
  void makeFolder() throws Exception {
    folder = Files.createDirectory(scratch.resolve("log"));
    file = folder.resolve("audit.jsonl");
  }

  /** A new log, through rotations. Row: AU-2. Attack: A5. */
  @Test
  void record_powerLostAfterEachCall_acknowledgedRecordsThere() throws Exception {
    SimulatedDisk disk = SimulatedDisk.of(folder);
    report("new log", replay(disk, trace(1, LAST), call -> true));
  }

  /** The repair of a torn end, and what comes after it. Row: AU-2. Attack: A5. */
  @Test
  void open_powerLostDuringRepair_acknowledgedRecordsThere() throws Exception {
    Events.write(file, AuditSettings.DEFAULT, 1, 3);
    Files.writeString(file, "{\"timestamp\":\"19", StandardOpenOption.APPEND);
    SimulatedDisk disk = SimulatedDisk.of(folder);
    report("repair", replay(disk, trace(4, LAST), call -> true));
  }

  /** A fsync that failed keeps nothing, and what the log does then does. Row: AU-2. Attack: A5. */
  @Test
  void record_fsyncFailsThenPowerLost_acknowledgedRecordsThere() throws Exception {
    SimulatedDisk disk = SimulatedDisk.of(folder);
    List<TracedCall> calls = trace(1, LAST, "-e", "inject=fdatasync:error=EIO:when=3");
    assertThat(calls).anyMatch(call -> call.name().equals("fdatasync") && call.failed());
    report("failed fsync", replay(disk, calls, call -> true));
  }

  /** The check sees what is lost where the log does not force its data, or its folder. */
  @Test
  void replay_withoutAFsync_lossIsSeen() throws Exception {
    List<TracedCall> calls = trace(1, 7);
    for (String left : List.of("fdatasync", "fsync")) {
      clear();
      SimulatedDisk disk = SimulatedDisk.of(folder);
      assertThatThrownBy(() -> replay(disk, calls, call -> !call.name().equals(left)))
          .as("without " + left)
          .isInstanceOfAny(AssertionError.class, AuditBrokenException.class);
    }
  }

  private List<TracedCall> trace(long from, long to, String... options) throws Exception {
    Strace strace = new Strace(folder, scratch);
    List<Path> files = new ArrayList<>(strace.written());
    files.addAll(strace.archived());
    files.add(strace.said());
    List<String> all = new ArrayList<>(List.of("-xx", "-s", "1000000"));
    all.addAll(List.of(options));
    Strace.Run run = strace.run(from, to, files, all.toArray(String[]::new));
    assertThat(run.told()).hasSize(Math.toIntExact(to - from + 1));
    return TracedCall.parse(run.trace());
  }

  /** Returns how many different folders a loss of power could leave; each was looked at. */
  private int replay(SimulatedDisk disk, List<TracedCall> calls, Predicate<TracedCall> counts)
      throws Exception {
    List<String> told = new ArrayList<>();
    Set<Object> seen = new HashSet<>();
    for (TracedCall call : calls) {
      if (call.name().equals("write") && call.file() == 1) {
        told.add("w " + call.texts().get(0).strip().substring("told ".length()));
      } else if (counts.test(call)) {
        disk.apply(call);
      }
      for (Map<String, String> left : disk.afterLoss()) {
        if (seen.add(List.of(left, told.size()))) {
          check(left, told);
        }
      }
    }
    return seen.size();
  }

  private void check(Map<String, String> left, List<String> told) throws Exception {
    clear();
    for (Map.Entry<String, String> one : left.entrySet()) {
      Files.writeString(folder.resolve(one.getKey()), one.getValue(), ISO_8859_1);
    }

    Events.write(file, AuditSettings.DEFAULT, 99, 99);

    assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.Whole.class);
    assertThat(WrittenRecords.in(folder)).containsAll(told).contains("w 99");
  }

  private void clear() throws Exception {
    try (var files = Files.list(folder)) {
      for (Path one : files.toList()) {
        Files.delete(one);
      }
    }
  }

  private static void report(String what, int folders) {
    System.out.println("power lost, " + what + ": " + folders + " different folders");
  }
}
