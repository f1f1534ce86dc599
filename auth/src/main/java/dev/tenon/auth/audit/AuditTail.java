package dev.tenon.auth.audit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** The end of an audit log, as it is on disk: unchecked, which {@link AuditVerification} does. */
public final class AuditTail {
  /** Most that is read of a page: far more than its records, and little beside a segment. */
  static final int MAX_BYTES = 1 << 20;

  private final LogPaths paths;
  private final int most;

  /* The page so far, from its end: whole segments go before what is there. */
  private final Deque<Line> lines = new ArrayDeque<>();
  private int bytes;

  private AuditTail(Path active, int most) {
    paths = new LogPaths(active);
    this.most = most;
  }

  /** One record: its number, and its text without the line feed. */
  public record Line(long sequence, String text) {
    /** Returns {@code text} as a record, if it has the form of one. */
    static Optional<Line> of(String text) {
      return ChainedLine.claimed((text + "\n").getBytes(US_ASCII))
          .map(link -> new Line(link.sequence(), text));
    }
  }

  /**
   * Returns the last lines of the log, at most {@code most} of them and 1 MiB in all, the oldest
   * first; those of earlier segments are among them.
   *
   * @throws IOException if a file cannot be read
   */
  public static List<Line> last(Path active, int most) throws IOException {
    return new AuditTail(active, most).page();
  }

  /**
   * Returns the lines that follow the record with the number {@code sequence}: without a gap, the
   * oldest first, and of more than 1 MiB as many as that is. The rest comes after the last of them.
   *
   * @throws IOException if a file cannot be read, or what follows is no longer in the log's folder
   */
  public static List<Line> after(Path active, long sequence) throws IOException {
    AuditTail near = new AuditTail(active, Integer.MAX_VALUE);
    List<Line> last = near.active();
    if (!last.isEmpty() && last.get(0).sequence() <= sequence + 1) {
      return last.stream().filter(line -> line.sequence() > sequence).toList();
    }
    return AuditPage.after(near.paths, sequence);
  }

  private List<Line> page() throws IOException {
    boolean goesOn = addBefore(active());
    List<Path> sealed = new ArrayList<>(paths.sealed());
    for (int newest = sealed.size() - 1; goesOn && newest >= 0; newest--) {
      goesOn = addBefore(read(sealed.get(newest)));
    }
    return List.copyOf(lines);
  }

  /** Adds the lines of a segment from its end on; returns whether the page has room for more. */
  private boolean addBefore(List<Line> segment) {
    for (int i = segment.size() - 1; i >= 0; i--) {
      Line line = segment.get(i);
      // A segment may have been sealed, and its lines read, since the one after it was read.
      boolean isKnown = !lines.isEmpty() && line.sequence() >= lines.getFirst().sequence();
      if (isKnown) {
        continue;
      }
      bytes += line.text().length() + 1;
      if (lines.size() >= most || bytes > MAX_BYTES) {
        return false;
      }
      lines.addFirst(line);
    }
    return lines.size() < most;
  }

  /** Returns the last lines of the active segment. */
  private List<Line> active() throws IOException {
    try (FileChannel file = FileChannel.open(paths.active(), StandardOpenOption.READ)) {
      long end = file.size();
      long from = Math.max(0, end - MAX_BYTES);
      ByteBuffer read = ByteBuffer.allocate((int) (end - from));
      while (read.hasRemaining() && file.read(read, from + read.position()) >= 0) {
        // Until all is there; a log does not get shorter while it is active.
      }
      String text = new String(read.array(), 0, read.position(), US_ASCII);
      int first = from == 0 ? 0 : text.indexOf('\n') + 1; // the first may be cut
      int last = text.lastIndexOf('\n') + 1; // the last may be under way
      List<Line> lines = new ArrayList<>();
      if (first < last) {
        text.substring(first, last).lines().forEach(line -> add(line, lines));
      }
      return lines;
    } catch (NoSuchFileException e) {
      return List.of(); // It was sealed a moment ago, and there is no next one yet.
    }
  }

  /** Returns the last lines of a sealed segment, which may be compressed meanwhile. */
  private List<Line> read(Path segment) throws IOException {
    try {
      return readAs(segment);
    } catch (NoSuchFileException e) {
      return LogPaths.isCompressed(segment) ? List.of() : readAs(LogPaths.compressed(segment));
    }
  }

  private List<Line> readAs(Path segment) throws IOException {
    Deque<Line> kept = new ArrayDeque<>();
    int length = 0;
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(SegmentReader.open(segment), US_ASCII))) {
      for (@Nullable String text = reader.readLine(); text != null; text = reader.readLine()) {
        add(text, kept);
        length += text.length() + 1;
        while (kept.size() > most || (length > MAX_BYTES && !kept.isEmpty())) {
          length -= kept.removeFirst().text().length() + 1;
        }
      }
    } catch (ZipException | EOFException e) {
      // Damaged: what is before that place can be read.
    }
    return List.copyOf(kept);
  }

  /** Adds {@code text} if it has the form of a record. */
  private static void add(String text, Collection<Line> to) {
    Line.of(text).ifPresent(to::add);
  }
}
