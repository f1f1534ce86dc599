package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Kills and faults at chosen system calls of a process that writes a log, by strace. */
class AuditSyscallTest {
  private static final Pattern CALL = Pattern.compile("(\\d+) +(\\w+)\\((\\d+)?.*");
  private static final Pattern RETURNED = Pattern.compile("(\\d+) +.*openat.* = (\\d+)");

  @TempDir Path scratch;

  @BeforeAll
  static void assumeStrace() throws Exception {
    Strace.assumeInstalled();
  }

  /** What the log looks like before the process starts. */
  private enum Before {
    NOTHING,
    TORN
  }

  /** Whose calls are disturbed. */
  private enum Part {
    WRITER,
    ARCHIVE
  }

  /**
   * One disturbance.
   *
   * @param what as strace has it: {@code signal=SIGKILL}, {@code error=EIO}
   * @param when the number of the call within its thread; with {@code +} all from there on
   */
  private record Fault(Before before, Part part, String call, String what, String when) {
    boolean isKill() {
      return what.startsWith("signal");
    }

    String option() {
      return "inject=" + call + ":" + what + ":when=" + when;
    }
  }

  /**
   * SIGKILL at a write, a fsync, a rename: each acknowledged record is there once, the rest whole
   * or absent, and the chain verifies. Row: AU-2. Attack: A4.
   */
  @Test
  void record_killedAtACall_acknowledgedRecordsThereOnce() throws Exception {
    for (Fault fault :
        List.of(
            new Fault(Before.NOTHING, Part.WRITER, "pwrite64", "signal=SIGKILL", "1"),
            new Fault(Before.NOTHING, Part.WRITER, "fdatasync", "signal=SIGKILL", "4"),
            new Fault(Before.NOTHING, Part.WRITER, "rename", "signal=SIGKILL", "1"),
            new Fault(Before.TORN, Part.WRITER, "ftruncate", "signal=SIGKILL", "1"),
            new Fault(Before.NOTHING, Part.ARCHIVE, "unlink", "signal=SIGKILL", "1"))) {
      check(fault);
    }
  }

  /**
   * A fsync that fails once is not repeated: the record goes to a new segment. Row: AU-2. Attack:
   * A2.
   */
  @Test
  void record_inputOutputErrorAtAFsync_neverRepeated() throws Exception {
    Strace.Run run = check(new Fault(Before.NOTHING, Part.WRITER, "fdatasync", "error=EIO", "3"));

    assertThat(run.told()).hasSize(12);
  }

  /**
   * A disk without space refuses every record from there on, and a restart finds a whole log. Row:
   * AU-3. Attack: A1.
   */
  @Test
  void record_noSpaceFromACallOn_refused() throws Exception {
    Strace.Run run = check(new Fault(Before.NOTHING, Part.WRITER, "write", "error=ENOSPC", "4+"));

    assertThat(run.told()).containsExactly("1", "2", "3");
    assertThat(run.refused()).hasSize(9);
  }

  /** Every call of every kind, with each fault: {@code -Dtenon.audit.syscalls=true}, minutes. */
  @Test
  @EnabledIfSystemProperty(named = "tenon.audit.syscalls", matches = "true")
  void record_everyFaultAtEveryCall_acknowledgedRecordsThereOnce() throws Exception {
    Map<String, Integer> runs = new TreeMap<>();
    int told = 0;
    int refused = 0;
    for (Fault fault : all()) {
      Strace.Run run = check(fault);
      runs.merge(fault.what() + (fault.when().endsWith("+") ? " on" : ""), 1, Integer::sum);
      told += run.told().size();
      refused += run.refused().size();
    }
    System.out.println(runs + ": " + told + " records acknowledged, " + refused + " refused");
  }

  private List<Fault> all() throws Exception {
    List<Fault> faults = new ArrayList<>();
    for (Before before : Before.values()) {
      for (Part part : Part.values()) {
        calls(run(before, part))
            .forEach(
                (call, most) -> {
                  for (int n = 1; n <= most; n++) {
                    faults.add(new Fault(before, part, call, "signal=SIGKILL", "" + n));
                    for (String error : List.of("error=EIO", "error=ENOSPC")) {
                      faults.add(new Fault(before, part, call, error, "" + n));
                      faults.add(new Fault(before, part, call, error, n + "+"));
                    }
                  }
                });
      }
    }
    return faults;
  }

  /** Returns how often each call was made by the thread that made it most often. */
  private static Map<String, Integer> calls(Strace.Run run) {
    Map<String, Integer> ofThread = new TreeMap<>();
    Map<String, Integer> most = new TreeMap<>();
    for (String line : run.trace()) {
      Matcher call = CALL.matcher(line);
      if (call.matches()) {
        int n = ofThread.merge(call.group(1) + call.group(2), 1, Integer::sum);
        most.merge(call.group(2), n, Math::max);
      }
    }
    return most;
  }

  private Strace.Run check(Fault fault) throws Exception {
    Strace.Run run = run(fault.before(), fault.part(), "-e", fault.option());
    if (fault.isKill()) {
      assertThat(run.exit()).as("%s: killed", fault).isEqualTo(128 + 9);
    } else {
      assertThat(run.trace()).as("%s", fault).anyMatch(line -> line.endsWith("(INJECTED)"));
      assertNoFsyncRepeated(fault, run.trace());
      if (fault.when().endsWith("+") && refuses(fault)) {
        assertThat(run.said()).as("%s", fault).last().asString().matches("refused 1[25]|closed");
      }
    }
    assertThat(AuditVerification.verify(file()))
        .as("%s", fault)
        .isNotInstanceOf(AuditVerification.Broken.class);

    JsonLinesAuditLog.open(file()).close();

    assertThat(AuditVerification.verify(file()))
        .as("%s", fault)
        .isInstanceOf(AuditVerification.Whole.class);
    List<String> written = WrittenRecords.in(folder());
    assertThat(written).as("%s", fault).doesNotHaveDuplicates();
    assertThat(written).as("%s", fault).containsAll(run.told().stream().map("w "::concat).toList());
    return run;
  }

  private static boolean refuses(Fault fault) {
    return fault.part() == Part.WRITER
        && List.of("write", "pwrite64", "fdatasync").contains(fault.call());
  }

  /** After a fsync failed, its file is cut and closed, and neither written nor forced. */
  private static void assertNoFsyncRepeated(Fault fault, List<String> trace) {
    List<String> failed = new ArrayList<>();
    for (String line : trace) {
      Matcher opened = RETURNED.matcher(line);
      if (opened.matches()) {
        failed.remove(opened.group(2));
      }
      Matcher call = CALL.matcher(line);
      if (!call.matches() || call.group(3) == null) {
        continue;
      }
      if (List.of("write", "fdatasync", "fsync").contains(call.group(2))) {
        assertThat(failed).as("%s: %s", fault, line).doesNotContain(call.group(3));
      }
      if (call.group(2).equals("fdatasync")
          && line.endsWith("(INJECTED)")
          && !isHead(trace, line)) {
        failed.add(call.group(3));
      }
    }
  }

  /** The head is no segment: what is in it is written anew with each batch. */
  private static boolean isHead(List<String> trace, String failed) {
    Matcher call = CALL.matcher(failed);
    String number = call.matches() ? call.group(3) : "";
    return trace.stream().anyMatch(line -> line.contains(" pwrite64(" + number + ","));
  }

  private Strace.Run run(Before before, Part part, String... options) throws Exception {
    clear();
    if (before == Before.TORN) {
      Events.write(file(), AuditSettings.DEFAULT, 1, 3);
      Files.writeString(file(), "{\"timestamp\":\"19", StandardOpenOption.APPEND);
    }
    Strace strace = new Strace(folder(), scratch);
    return strace.run(
        before == Before.TORN ? 4 : 1,
        before == Before.TORN ? 15 : 12,
        part == Part.WRITER ? strace.written() : strace.archived(),
        options);
  }

  private Path folder() {
    return scratch.resolve("log");
  }

  private Path file() {
    return folder().resolve("audit.jsonl");
  }

  private void clear() throws IOException {
    if (Files.exists(folder())) {
      try (Stream<Path> files = Files.walk(folder())) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
    Files.createDirectory(folder());
  }
}
