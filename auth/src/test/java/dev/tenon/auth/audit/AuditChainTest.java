package dev.tenon.auth.audit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Segments that somebody has damaged, exchanged or left lying about, and what a check says. */
class AuditChainTest {
  private static final AuditSettings SMALL = AuditSettings.DEFAULT.segments(1024);
  private static final int LAST = 30;

  @TempDir Path scratch;
  private Path folder;
  private Path file;
  private Path head;

  @BeforeEach
  void paths() throws IOException {
    folder = Files.createDirectory(scratch.resolve("log"));
    file = folder.resolve("audit.jsonl");
    head = folder.resolve("audit.head");
  }

  /** Writes a log of several segments, none of them compressed, and returns the sealed ones. */
  private static List<Path> segments(Path file, String actor) throws Exception {
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file, SMALL)) {
      for (int n = 1; n <= LAST; n++) {
        log.record(Events.named(actor, n));
      }
    }
    for (Path packed : list(requireNonNull(file.getParent()), ".gz")) {
      String name = String.valueOf(packed.getFileName());
      Path plain = packed.resolveSibling(name.substring(0, name.length() - 3));
      try (InputStream in = new GZIPInputStream(Files.newInputStream(packed))) {
        Files.copy(in, plain, StandardCopyOption.REPLACE_EXISTING);
      }
      Files.delete(packed);
    }
    List<Path> sealed =
        list(requireNonNull(file.getParent()), ".jsonl").stream()
            .filter(path -> !path.equals(file))
            .toList();
    assertThat(sealed).hasSizeGreaterThanOrEqualTo(3);
    return sealed;
  }

  private static List<Path> list(Path folder, String ending) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(path -> String.valueOf(path.getFileName()).endsWith(ending))
          .sorted(Comparator.naturalOrder())
          .toList();
    }
  }

  private static void damageFirstLine(Path segment) throws IOException {
    byte[] bytes = Files.readAllBytes(segment);
    bytes[0] = 'X';
    Files.write(segment, bytes);
  }

  private static void dropLastLine(Path segment) throws IOException {
    List<String> lines = Files.readAllLines(segment);
    Files.writeString(segment, String.join("\n", lines.subList(0, lines.size() - 1)) + "\n");
  }

  private AuditVerification.Broken broken() throws IOException {
    return (AuditVerification.Broken) AuditVerification.verify(file);
  }

  private void assertBroken(Path segment, String reason) throws IOException {
    AuditVerification.Broken broken = broken();
    assertThat(broken.segment()).isEqualTo(segment);
    assertThat(broken.reason()).contains(reason);
  }

  private void assertWhole(int segments) throws IOException {
    assertThat(AuditVerification.verify(file))
        .isInstanceOfSatisfying(
            AuditVerification.Whole.class,
            whole -> {
              assertThat(whole.first()).isEqualTo(1);
              assertThat(whole.last()).isEqualTo(LAST);
              assertThat(whole.segments()).isEqualTo(segments);
            });
  }

  /** A chain that is whole in itself, and hangs on nothing. Row: AU-5. */
  @Test
  void verify_firstRecordAfterAnotherStart_broken() throws Exception {
    Link forged = new Link(0, "a".repeat(64));
    byte[] covered = ChainedLine.covered(Events.named("w", 1), forged, /* first= */ true);
    Link last = forged.next(covered);
    Files.write(file, ChainedLine.line(covered, last));
    Files.writeString(head, "%020d %s\n".formatted(last.sequence(), last.digest()));

    assertBroken(file, "it does not begin as a log does");
  }

  @Test
  void verify_allButTheFirstWithoutABeginning_broken() throws Exception {
    List<Path> sealed = segments(file, "w");
    for (Path later : sealed.subList(1, sealed.size())) {
      damageFirstLine(later);
    }
    damageFirstLine(file);

    assertThat(broken().reason()).contains("it does not begin as a segment does");
  }

  @Test
  void verify_onlySegmentsWithoutABeginning_broken() throws Exception {
    for (Path sealed : segments(file, "w")) {
      damageFirstLine(sealed);
    }
    damageFirstLine(file);

    assertThat(broken().reason()).contains("it does not begin as a segment does");
  }

  /** A torn first record of the last segment excuses nothing before it. */
  @Test
  void verify_lastTornAndRecordMissingBefore_broken() throws Exception {
    List<Path> sealed = segments(file, "w");
    Path before = sealed.get(sealed.size() - 1);
    long sequence = SegmentReader.first(file).orElseThrow().before().sequence();
    String digest = SegmentReader.first(file).orElseThrow().before().digest();
    Files.writeString(head, "%020d %s\n".formatted(sequence, digest));
    Files.writeString(file, "{\"timest");
    assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.TornTail.class);
    dropLastLine(before);

    assertBroken(before, "records up to " + sequence + " are missing or changed");
  }

  /** Only the segment that is being written can be torn. */
  @Test
  void verify_sealedSegmentWithoutABeginning_broken() throws Exception {
    List<Path> sealed = segments(file, "w");
    Path last = sealed.get(sealed.size() - 1);
    long before = SegmentReader.first(last).orElseThrow().before().sequence();
    String digest = SegmentReader.first(last).orElseThrow().before().digest();
    Files.delete(file);
    Files.writeString(head, "%020d %s\n".formatted(before, digest));
    Files.writeString(last, "{\"timest");

    assertBroken(last, "it does not begin as a segment does");
  }

  /** A head that lags has the digest of its record, or is another log's. */
  @Test
  void verify_headOfAnotherLogInAnEarlierSegment_broken() throws Exception {
    List<Path> sealed = segments(file, "w");
    Files.writeString(head, "%020d %s\n".formatted(1, "b".repeat(64)));

    assertBroken(sealed.get(0), "its records are not those of the head");
  }

  /** A segment of another log, with the same numbers, does not fit in. Row: AU-5. */
  @Test
  void verify_segmentOfAnotherLog_broken() throws Exception {
    List<Path> sealed = segments(file, "w");
    Path other = Files.createDirectory(scratch.resolve("other")).resolve("audit.jsonl");
    List<Path> theirs = segments(other, "v");
    Files.copy(theirs.get(1), sealed.get(1), StandardCopyOption.REPLACE_EXISTING);

    assertThat(broken().segment()).isIn(sealed.get(1), sealed.get(2));
    assertThat(broken().reason()).contains("it does not go on from the segment before");
  }

  @Test
  void verify_moreBehindASealedSegment_broken() throws Exception {
    List<Path> sealed = segments(file, "w");
    Files.writeString(sealed.get(0), Files.readString(sealed.get(0)) + "more\n", US_ASCII);

    assertBroken(sealed.get(0), "there is more than was written");
  }

  /** What lies about beside the log is not taken for a part of it. */
  @Test
  void verify_copiesFoldersAndUnfinishedOnes_leftOut() throws Exception {
    List<Path> sealed = segments(file, "w");
    int segments = sealed.size() + 1;
    assertWhole(segments);
    Files.writeString(LogPaths.compressed(sealed.get(0)), "a copy that is not whole");
    Files.writeString(folder.resolve(sealed.get(1).getFileName() + ".gz.part"), "begun");
    Files.createDirectory(folder.resolve("audit.jsonl.old"));
    Files.writeString(folder.resolve("other.jsonl"), "another's");

    assertWhole(segments);
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file, SMALL)) {
      log.record(Events.named("w", LAST + 1));
    }
  }
}
