package dev.tenon.auth.audit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The end of an audit log, as it is on disk: unchecked, which {@link AuditVerification} does. */
public final class AuditTail {
  /** Most that is read: far more than the records of a page, and little beside a segment. */
  private static final int MAX_BYTES = 1 << 20;

  private AuditTail() {}

  /**
   * Returns the last lines of the log's active segment, at most {@code most} of them and 1 MiB in
   * all, the oldest first. A segment that was just begun has few.
   *
   * @throws IOException if the file cannot be read
   */
  public static List<String> last(Path active, int most) throws IOException {
    try (FileChannel file = FileChannel.open(active, StandardOpenOption.READ)) {
      long end = file.size();
      long from = Math.max(0, end - MAX_BYTES);
      ByteBuffer read = ByteBuffer.allocate((int) (end - from));
      while (read.hasRemaining() && file.read(read, from + read.position()) >= 0) {
        // Until all is there; a log does not get shorter while it is active.
      }
      String text = new String(read.array(), 0, read.position(), US_ASCII);
      int first = from == 0 ? 0 : text.indexOf('\n') + 1; // the first may be cut
      int last = text.lastIndexOf('\n') + 1; // the last may be under way
      List<String> lines = first >= last ? List.of() : text.substring(first, last).lines().toList();
      return List.copyOf(lines.subList(Math.max(0, lines.size() - most), lines.size()));
    }
  }
}
