package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The end of a log over its segments. Row: OB-5. */
class AuditTailTest {
  private static final int RECORDS = 40;

  @TempDir private Path folder;

  private Path file() {
    return folder.resolve("audit.jsonl");
  }

  /** Writes records in segments of a few each. */
  private void write() throws Exception {
    AuditSettings small = AuditSettings.DEFAULT.segments(1024);
    try (AuditLog log = JsonLinesAuditLog.open(file(), small)) {
      for (int i = 1; i <= RECORDS; i++) {
        log.record(
            new AuditEvent(
                Instant.EPOCH,
                "test",
                "host",
                "count",
                String.valueOf(i),
                AuditEvent.Outcome.SUCCESS,
                Map.of()));
      }
    }
    try (var files = Files.list(folder)) {
      assertThat(files.filter(each -> each.toString().contains("audit-")).count()).isGreaterThan(3);
    }
  }

  private static List<Long> numbers(List<AuditTail.Line> lines) {
    return lines.stream().map(AuditTail.Line::sequence).toList();
  }

  private static List<Long> range(long from, long to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }

  @Test
  void last_ofSeveralSegments_areInOrderAndWhole() throws Exception {
    write();

    for (int most : new int[] {1, 2, 7, RECORDS, 1000}) {
      List<AuditTail.Line> lines = AuditTail.last(file(), most);
      assertThat(numbers(lines)).isEqualTo(range(Math.max(1, RECORDS - most + 1), RECORDS));
      assertThat(lines).allMatch(line -> line.text().endsWith("\"}"));
      assertThat(lines.get(lines.size() - 1).text()).contains("\"" + RECORDS + "\"");
    }
  }

  @Test
  void after_aRecord_areAllThatFollowIt() throws Exception {
    write();

    for (long after : new long[] {0, 1, RECORDS / 2, RECORDS - 1, RECORDS, RECORDS + 9}) {
      assertThat(numbers(AuditTail.after(file(), after))).isEqualTo(range(after + 1, RECORDS));
    }
  }

  /** Between two segments there is no active one: what was sealed is told. */
  @Test
  void after_inTheMidstOfARotation_areThoseOfTheSealed() throws Exception {
    write();
    List<AuditTail.Line> before = AuditTail.after(file(), 0);
    List<AuditTail.Line> active = AuditTail.last(file(), Files.readAllLines(file()).size());
    Files.delete(file());

    assertThat(AuditTail.after(file(), 0))
        .isNotEmpty()
        .isEqualTo(before.subList(0, before.size() - active.size()));
  }

  /** A line that is being written is not there yet; what is no record is passed over. */
  @Test
  void last_lineUnderWay_isLeftOut() throws Exception {
    write();
    Files.writeString(file(), "no record\n{\"timestamp\":\"half", StandardOpenOption.APPEND);

    assertThat(numbers(AuditTail.last(file(), 2))).isEqualTo(range(RECORDS - 1, RECORDS));
  }
}
