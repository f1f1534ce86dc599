package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What goes to disk before what, from segment to segment and from start to start; and that no file
 * stays open behind the log.
 */
class AuditSegmentsTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final AuditSettings SMALL = AuditSettings.DEFAULT.segments(1024);

  @TempDir Path folder;
  private final FaultyFiles files = new FaultyFiles();
  private Path file;
  private Path head;

  @BeforeEach
  void paths() {
    file = folder.resolve("audit.jsonl");
    head = folder.resolve("audit.head");
  }

  @AfterEach
  void nothingIsOpen() {
    assertThat(files.open).isEmpty();
  }

  private JsonLinesAuditLog open(AuditSettings settings) throws IOException {
    return JsonLinesAuditLog.open(file, settings, files);
  }

  private Path sealed(int first) {
    return folder.resolve("audit-%020d.jsonl".formatted(first));
  }

  private static void record(AuditLog log, int from, int to) throws Exception {
    for (int n = from; n <= to; n++) {
      log.record(Events.named("w", n));
    }
  }

  private void assertWhole(int last) throws Exception {
    assertThat(AuditVerification.verify(file))
        .isInstanceOfSatisfying(
            AuditVerification.Whole.class,
            whole -> {
              assertThat(whole.first()).isEqualTo(1);
              assertThat(whole.last()).isEqualTo(last);
            });
  }

  /** Its new name and the head are on disk before there is another; then it is compressed. */
  @Test
  void record_segmentFull_nameAndHeadForcedBeforeTheNext() throws Exception {
    try (JsonLinesAuditLog log = open(SMALL)) {
      int records = 0;
      while (!files.asked.contains("move audit.jsonl")) {
        log.record(Events.named("w", ++records));
      }
      List<String> asked = List.copyOf(files.asked); // another thread goes on asking
      int moved = asked.indexOf("move audit.jsonl");
      assertThat(asked.subList(moved, moved + 3))
          .containsExactly("move audit.jsonl", "sync " + folder.getFileName(), "force audit.head");
      String archived = sealed(1).getFileName() + ".gz";
      await().atMost(SOON).until(() -> files.asked.contains("delete " + sealed(1).getFileName()));
      assertThat(List.copyOf(files.asked))
          .containsSubsequence(
              "create " + archived + ".part",
              "move " + archived + ".part",
              "sync " + folder.getFileName(),
              "delete " + sealed(1).getFileName());
      assertThat(folder.resolve(archived)).exists();
      await()
          .atMost(SOON)
          .untilAsserted(() -> assertThat(files.open).containsExactlyInAnyOrder(file, head));
    }
    assertThat(files.asked).endsWith("force audit.head");
  }

  /** A segment is full when it has reached its size, and not before. */
  @Test
  void record_untilFull_sealedAtItsSize() throws Exception {
    try (JsonLinesAuditLog log = open(SMALL)) {
      int records = 0;
      long before = 0;
      while (!files.asked.contains("move audit.jsonl")) {
        before = Files.exists(file) ? Files.size(file) : 0;
        log.record(Events.named("w", ++records));
      }
      assertThat(before).isGreaterThanOrEqualTo(1024);
    }
  }

  /** Where it cannot be moved, that is tried once for each further size, and not each time. */
  @Test
  void record_cannotBeMoved_triedAgainAfterAnotherSegmentsSize() throws Exception {
    files.fail(
        (step, name) ->
            step.equals("move") && name.equals("audit.jsonl")
                ? new IOException("Operation not permitted")
                : null);
    try (JsonLinesAuditLog log = open(SMALL)) {
      record(log, 1, 30);
      assertThat(files.asked.stream().filter("move audit.jsonl"::equals).count())
          .isEqualTo((Files.size(file) - Files.size(file) % 1024) / 1024);
    }
  }

  /** What was cut off is off the disk before a record follows. */
  @Test
  void open_tornTail_cutForced() throws Exception {
    Events.write(file, AuditSettings.DEFAULT, 1, 2);
    Files.writeString(file, "{\"timestamp\"", StandardOpenOption.APPEND);

    open(AuditSettings.DEFAULT).close();

    assertThat(files.asked)
        .startsWith("open audit.jsonl", "truncate audit.jsonl", "force audit.jsonl");
  }

  /** A segment that was begun before the start is sealed under the number it begins with. */
  @Test
  void open_segmentBegunBefore_sealedUnderItsFirstNumber() throws Exception {
    Events.write(file, AuditSettings.DEFAULT, 1, 12);
    try (JsonLinesAuditLog log = open(SMALL)) {
      record(log, 13, 14);
    }
    Events.write(file, AuditSettings.DEFAULT, 15, 26);
    try (JsonLinesAuditLog log = open(SMALL)) {
      record(log, 27, 28);
    }

    assertWhole(28);
    assertThat(LogFilesIn.of(folder)).contains(1L, 13L).doesNotContain(2L, 12L, 14L);
  }

  /** Log rotation moves a file away and makes an empty one; the next number is its first. */
  @Test
  void open_emptyFileInItsPlace_goesOnThere() throws Exception {
    Events.write(file, AuditSettings.DEFAULT, 1, 3);
    Files.move(file, folder.resolve("audit.jsonl.1"));
    Files.createFile(file);

    try (JsonLinesAuditLog log = open(SMALL)) {
      record(log, 4, 20);
    }

    assertWhole(20);
    assertThat(LogFilesIn.of(folder)).contains(4L);
  }

  /** After a loss of power the head may be behind the log; a start brings it up. */
  @Test
  void open_headBehind_broughtUp() throws Exception {
    Events.write(file, AuditSettings.DEFAULT, 1, 1);
    byte[] behind = Files.readAllBytes(head);
    Events.write(file, AuditSettings.DEFAULT, 2, 3);
    byte[] upToDate = Files.readAllBytes(head);
    Files.write(head, behind);

    open(AuditSettings.DEFAULT).close();

    assertThat(head).hasBinaryContent(upToDate);
  }

  /** What one run could not compress the next one does. */
  @Test
  void open_sealedAndUncompressed_compressed() throws Exception {
    files.fail((step, name) -> name.endsWith(".gz.part") ? new IOException("full") : null);
    try (JsonLinesAuditLog log = open(SMALL)) {
      record(log, 1, 12);
    }
    assertThat(sealed(1)).exists();
    files.fail((step, name) -> null);

    try (JsonLinesAuditLog log = open(SMALL)) {
      await().atMost(SOON).until(() -> !Files.exists(sealed(1)));
      log.record(Events.named("w", 13));
    }

    assertWhole(13);
  }

  /** A crash between the name and the next segment leaves none to write on. */
  @Test
  void open_lastSegmentSealedAlready_goesOnFromIt() throws Exception {
    Events.write(file, SMALL, 1, 25);
    long first = SegmentReader.first(file).orElseThrow().before().sequence() + 1;
    Files.move(file, sealed((int) first));

    try (JsonLinesAuditLog log = open(SMALL)) {
      record(log, 26, 27);
    }

    assertWhole(27);
    assertThat(Files.readAllLines(file)).hasSize(2);
  }

  /** The very first write fails half way: nothing of it is in the log that follows. */
  @Test
  void record_firstWriteFailsAndCannotBeCut_madeAnew() throws Exception {
    Set<String> once = new HashSet<>(Set.of("write", "truncate"));
    files.fail(
        (step, name) ->
            name.equals("audit.jsonl") && once.remove(step) ? new IOException("EIO") : null);

    try (JsonLinesAuditLog log = open(AuditSettings.DEFAULT)) {
      log.record(Events.named("w", 1));
    }

    assertThat(Files.readAllLines(file)).hasSize(2);
    assertWhole(2);
  }

  /** What a failed write has left in a segment is cut off before that is sealed. */
  @Test
  void record_writeFailsHalfWay_cutBack() throws Exception {
    try (JsonLinesAuditLog log = open(AuditSettings.DEFAULT)) {
      log.record(Events.named("w", 1));
      long acknowledged = Files.size(file);
      files.failOnce("write", new IOException("EIO"));
      log.record(Events.named("w", 2));
      assertThat(sealed(1)).hasSize(acknowledged);
    }
    assertWhole(3);
  }

  /** Files that are left for another are closed: moved away, changed, or somebody else's. */
  @Test
  void record_fileLeft_closed() throws Exception {
    try (JsonLinesAuditLog log = open(AuditSettings.DEFAULT)) {
      log.record(Events.named("w", 1));
      Files.move(file, folder.resolve("audit.jsonl.1"));
      log.record(Events.named("w", 2));
      Files.writeString(file, "forged\n", StandardOpenOption.APPEND);
      log.record(Events.named("w", 3));
      assertThat(files.open).containsExactlyInAnyOrder(file, head);
      Files.delete(file);
      Files.writeString(file, "mine");
      assertThatExceptionOfType(AuditFailedException.class)
          .isThrownBy(() -> log.record(Events.named("w", 4)));
      assertThat(files.open).containsExactly(head);
      Files.delete(file);
    }
  }

  /** A start that fails leaves neither file nor lock behind. */
  @Test
  void open_fails_nothingHeld() throws Exception {
    Events.write(file, AuditSettings.DEFAULT, 1, 2);
    files.fail(
        (step, name) ->
            step.equals("open") && name.equals("audit.jsonl") ? new IOException("EACCES") : null);

    assertThatThrownBy(() -> open(AuditSettings.DEFAULT)).hasMessage("EACCES");

    assertThat(files.open).isEmpty();
    files.fail((step, name) -> null);
    open(AuditSettings.DEFAULT).close();
  }

  /** The numbers under which the segments of a folder are sealed. */
  private static final class LogFilesIn {
    static List<Long> of(Path folder) throws IOException {
      try (var all = Files.list(folder)) {
        return all.map(path -> String.valueOf(path.getFileName()))
            .filter(name -> name.matches("audit-[0-9]{20}\\.jsonl(\\.gz)?"))
            .map(name -> Long.parseLong(name.substring(6, 26)))
            .toList();
      }
    }
  }
}
