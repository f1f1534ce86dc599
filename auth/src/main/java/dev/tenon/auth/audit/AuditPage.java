package dev.tenon.auth.audit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Records from one number on, read forward over the segments for whoever has fallen behind the end
 * of the log: no number is left out. Not thread-safe.
 */
final class AuditPage {
  /** How often the folder is looked through: a segment that is read may be sealed or compressed. */
  private static final int LOOKS = 3;

  private final LogPaths paths;
  private final List<AuditTail.Line> lines = new ArrayList<>();
  private long next;
  private int bytes;

  private AuditPage(LogPaths paths, long next) {
    this.paths = paths;
    this.next = next;
  }

  /**
   * Returns the records that follow number {@code sequence}, at most {@link AuditTail#MAX_BYTES} of
   * them.
   *
   * @throws IOException if a file cannot be read, or there are later records and not the next one
   */
  static List<AuditTail.Line> after(LogPaths paths, long sequence) throws IOException {
    boolean isBeyond = false;
    for (int look = 0; look < LOOKS; look++) {
      AuditPage page = new AuditPage(paths, sequence + 1);
      isBeyond = page.read();
      if (!page.lines.isEmpty()) {
        return List.copyOf(page.lines);
      }
      if (!isBeyond) {
        return List.of();
      }
    }
    throw new IOException(
        "audit log: no record " + (sequence + 1) + " (expected: it, since there are later ones)");
  }

  /** Reads what there is, and returns whether it ends before a record that does not follow it. */
  private boolean read() throws IOException {
    List<Path> segments = new ArrayList<>(paths.sealed());
    int first = segments.size() - 1;
    while (first > 0 && paths.first(segments.get(first)) > next) {
      first--;
    }
    segments.add(paths.active());
    for (Path segment : segments.subList(Math.max(0, first), segments.size())) {
      if (!addFrom(segment)) {
        return true;
      }
    }
    return false;
  }

  /** Adds the records of {@code segment}; returns whether the page goes on after it. */
  private boolean addFrom(Path segment) throws IOException {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(SegmentReader.open(segment), US_ASCII))) {
      // A last line without an end may be under way; it is taken when it has one.
      for (@Nullable String text = reader.readLine(); text != null; text = reader.readLine()) {
        Optional<AuditTail.Line> line = AuditTail.Line.of(text);
        if (line.isPresent() && line.get().sequence() >= next && !add(line.get())) {
          return false;
        }
      }
    } catch (NoSuchFileException e) {
      // Compressed or sealed since the folder was looked through: the next record is not there.
    } catch (ZipException | EOFException e) {
      // Damaged: what is before that place was read.
    }
    return true;
  }

  private boolean add(AuditTail.Line line) {
    bytes += line.text().length() + 1;
    if (line.sequence() != next || (bytes > AuditTail.MAX_BYTES && !lines.isEmpty())) {
      return false;
    }
    lines.add(line);
    next++;
    return true;
  }
}
