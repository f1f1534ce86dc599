package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the check of a log finds: nothing that was changed or cut goes unseen. */
class AuditVerificationTest {
  private static final AuditSettings SMALL = AuditSettings.DEFAULT.segments(1024);

  /** Each bit and each byte with {@code -Dtenon.audit.full}; every 7th and 5th in each build. */
  private static final int BITS = Boolean.getBoolean("tenon.audit.full") ? 1 : 7;

  private static final int BYTES = Boolean.getBoolean("tenon.audit.full") ? 1 : 5;

  @TempDir Path folder;
  private Path file;
  private Path head;

  @BeforeEach
  void paths() {
    file = folder.resolve("audit.jsonl");
    head = folder.resolve("audit.head");
  }

  @Test
  void verify_nothingThere_wholeAndEmpty() throws Exception {
    assertThat(AuditVerification.verify(file).describe()).isEqualTo("whole: no records");
  }

  @Test
  void verify_untouched_wholeWithCountAndHead() throws Exception {
    Events.write(file, AuditSettings.DEFAULT, 1, 5);

    assertThat(AuditVerification.verify(file))
        .isInstanceOfSatisfying(
            AuditVerification.Whole.class,
            whole -> {
              assertThat(whole.first()).isEqualTo(1);
              assertThat(whole.last()).isEqualTo(5);
              assertThat(whole.segments()).isEqualTo(1);
              assertThat(readString(head)).contains(whole.head());
            });
  }

  /** A log that is cut anywhere, between two lines too, is broken. Row: AU-5. Attack: A6. */
  @Test
  void verify_cutAtEveryByte_broken() throws Exception {
    Events.write(file, AuditSettings.DEFAULT, 1, 3);
    byte[] whole = Files.readAllBytes(file);

    for (int bytes = 0; bytes < whole.length; bytes += BYTES) {
      Files.write(file, Arrays.copyOf(whole, bytes));
      assertBroken("cut to " + bytes, file);
    }
  }

  /**
   * A log in which a single bit was changed is broken, from that line on. Row: AU-5. Attack: A7.
   */
  @Test
  void verify_everyBitFlipped_brokenAtItsLine() throws Exception {
    Events.write(file, AuditSettings.DEFAULT, 1, 2);
    byte[] whole = Files.readAllBytes(file);
    for (int bit = 0; bit < whole.length * 8; bit += BITS) {
      int at = bit / 8;
      byte[] flipped = whole.clone();
      flipped[at] ^= (byte) (1 << (bit % 8));
      Files.write(file, flipped);
      AuditVerification.Broken broken = assertBroken("bit " + bit, file);
      long begins = at == 0 ? 0 : 1 + lastLineFeed(whole, at - 1);
      assertThat(broken.offset()).isEqualTo(begins);
      assertThat(broken.line()).isEqualTo(begins == 0 ? 1 : 2);
    }
  }

  private static int lastLineFeed(byte[] bytes, int at) {
    int found = at;
    while (found >= 0 && bytes[found] != '\n') {
      found--;
    }
    return found;
  }

  @Test
  void verify_everyBitOfTheHeadFlippedOrCut_broken() throws Exception {
    Events.write(file, AuditSettings.DEFAULT, 1, 3);
    byte[] whole = Files.readAllBytes(head);
    for (int bit = 0; bit < whole.length * 8; bit += BITS) {
      byte[] flipped = whole.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      Files.write(head, flipped);
      assertThat(AuditVerification.verify(file))
          .as("bit %s", bit)
          .isInstanceOf(AuditVerification.Broken.class);
    }
    for (int bytes = 0; bytes < whole.length; bytes += BYTES) {
      Files.write(head, Arrays.copyOf(whole, bytes));
      assertBroken("head of " + bytes, head);
    }
    Files.delete(head);
    assertBroken("no head", head);
  }

  /** Sealed segments are held to the chain as the last one is. Row: AU-6. */
  @Test
  void verify_everyBitOfASealedSegmentFlipped_brokenOrTheSameRecords() throws Exception {
    Events.write(file, SMALL, 1, 9);
    Path sealed = compressed();
    byte[] packed = Files.readAllBytes(sealed);
    byte[] records = unpacked(packed);

    for (int bit = 0; bit < packed.length * 8; bit += BITS) {
      byte[] flipped = packed.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      Files.write(sealed, flipped);
      if (!(AuditVerification.verify(file) instanceof AuditVerification.Broken)) {
        assertThat(unpacked(flipped)).as("bit %s", bit).isEqualTo(records);
      }
    }
    for (int bytes = 1; bytes < packed.length - 8; bytes += BYTES) {
      Files.write(sealed, Arrays.copyOf(packed, bytes));
      assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.Broken.class);
    }
  }

  @Test
  void verify_middleSegmentRemoved_brokenNamingWhatIsMissing() throws Exception {
    Events.write(file, SMALL, 1, 15);
    Files.delete(new LogPaths(file).sealed().get(1));

    AuditVerification result = AuditVerification.verify(file);

    assertThat(result).isInstanceOf(AuditVerification.Broken.class);
    assertThat(result.describe()).contains("missing");
  }

  /** Old segments may be removed; the result says from where on there are records. */
  @Test
  void verify_oldestSegmentRemoved_wholeFromTheNext() throws Exception {
    Events.write(file, SMALL, 1, 15);
    Files.delete(new LogPaths(file).sealed().get(0));

    assertThat(AuditVerification.verify(file))
        .isInstanceOfSatisfying(
            AuditVerification.Whole.class,
            whole -> {
              assertThat(whole.first()).isGreaterThan(1);
              assertThat(whole.last()).isEqualTo(15);
            });
  }

  @Test
  void verify_recordsSwappedRepeatedOrAdded_broken() throws Exception {
    Events.write(file, AuditSettings.DEFAULT, 1, 4);
    List<String> lines = Files.readAllLines(file);
    List<List<String>> changed =
        List.of(
            List.of(lines.get(0), lines.get(2), lines.get(1), lines.get(3)),
            List.of(lines.get(0), lines.get(2), lines.get(3)),
            List.of(lines.get(0), lines.get(1), lines.get(1), lines.get(2), lines.get(3)));

    for (List<String> other : changed) {
      Files.write(file, other);
      assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.Broken.class);
    }
  }

  /** The records before a broken place are not taken for the whole: the log is not written on. */
  @Test
  void open_middleRecordChanged_refusedNamingSegmentAndOffset() throws Exception {
    Events.write(file, AuditSettings.DEFAULT, 1, 4);
    List<String> lines = Files.readAllLines(file);
    String changed = Files.readString(file).replace(lines.get(1), lines.get(1).replace('w', 'v'));
    Files.writeString(file, changed);

    assertThatExceptionOfType(AuditBrokenException.class)
        .isThrownBy(() -> JsonLinesAuditLog.open(file))
        .satisfies(
            broken -> {
              assertThat(broken.where().segment()).isEqualTo(file);
              assertThat(broken.where().line()).isEqualTo(2);
              assertThat(broken.where().offset()).isEqualTo(lines.get(0).length() + 1);
            });
    assertThat(file).hasContent(changed);
  }

  /** Returns the first segment that was sealed: the log compresses that before it is closed. */
  private Path compressed() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(LogPaths::isCompressed).sorted().findFirst().orElseThrow();
    }
  }

  private AuditVerification.Broken assertBroken(String what, Path where) throws IOException {
    AuditVerification result = AuditVerification.verify(file);
    assertThat(result).as(what).isInstanceOf(AuditVerification.Broken.class);
    AuditVerification.Broken broken = (AuditVerification.Broken) result;
    assertThat(broken.segment()).as(what).isEqualTo(where);
    return broken;
  }

  private static byte[] unpacked(byte[] packed) throws IOException {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
      return in.readAllBytes();
    }
  }

  private static String readString(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
