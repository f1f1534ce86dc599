package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
    write(AuditSettings.DEFAULT.segments(1024), Map.of());
    try (var files = Files.list(folder)) {
      assertThat(files.filter(each -> each.toString().contains("audit-")).count()).isGreaterThan(3);
    }
  }

  private void write(AuditSettings settings, Map<String, String> details) throws Exception {
    try (AuditLog log = JsonLinesAuditLog.open(file(), settings)) {
      for (int i = 1; i <= RECORDS; i++) {
        log.record(
            new AuditEvent(
                Instant.EPOCH,
                "test",
                "host",
                "count",
                String.valueOf(i),
                AuditEvent.Outcome.SUCCESS,
                details));
      }
    }
  }

  /** Returns details that make a record of more than 30 KiB. */
  private static Map<String, String> most() {
    return IntStream.range(0, 32)
        .boxed()
        .collect(Collectors.toMap(key -> "k" + key, key -> "x".repeat(1_000)));
  }

  /** Reads page after page until there is none, as one does who follows the log from afar. */
  private List<Long> pages() throws Exception {
    List<Long> numbers = new ArrayList<>();
    long last = 0;
    for (List<AuditTail.Line> page = AuditTail.after(file(), last);
        !page.isEmpty();
        page = AuditTail.after(file(), last)) {
      assertThat(page.stream().mapToInt(line -> line.text().length()).sum())
          .isLessThanOrEqualTo(1 << 20);
      numbers.addAll(numbers(page));
      last = page.get(page.size() - 1).sequence();
    }
    return numbers;
  }

  /** What is more than a page comes in several, and nothing is left out between them. */
  @Test
  void after_moreThanAPage_comesPageByPageWithoutAGap() throws Exception {
    write(AuditSettings.DEFAULT, most());
    assertThat(Files.size(file())).isGreaterThan(1 << 20);
    assertThat(AuditTail.last(file(), RECORDS)).hasSizeLessThan(RECORDS);

    assertThat(pages()).isEqualTo(range(1, RECORDS));
  }

  /** Also where it lies in segments, compressed or not. */
  @Test
  void after_moreThanAPageInSegments_comesPageByPageWithoutAGap() throws Exception {
    write(AuditSettings.DEFAULT.segments(300_000), most());
    assertThat(new LogPaths(file()).sealed()).hasSizeGreaterThan(2);

    assertThat(pages()).isEqualTo(range(1, RECORDS));
  }

  /** A segment that was taken away is no silent gap. */
  @Test
  void after_theNextRecordIsGone_isAnError() throws Exception {
    write();
    List<Path> sealed = new LogPaths(file()).sealed();
    long first = new LogPaths(file()).first(sealed.get(1));
    Files.delete(sealed.get(1));

    assertThat(numbers(AuditTail.after(file(), 0))).isEqualTo(range(1, first - 1));
    assertThatThrownBy(() -> AuditTail.after(file(), first - 1))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "audit log: no record " + first + " (expected: it, since there are later ones)");
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
