package dev.tenon.sdk;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Reads lines of bounded length from a stream that may never end. Not thread-safe. */
final class BoundedLine {
  private final InputStream in;
  private final int maxBytes;

  BoundedLine(InputStream in, int maxBytes) {
    this.in = in;
    this.maxBytes = maxBytes;
  }

  /**
   * Returns the next line without its LF, or empty at the end of the stream; what follows the last
   * LF is no line.
   *
   * @throws LineTooLongException if the line is longer than the limit; the rest of it is skipped by
   *     the next call of {@link #skip}
   * @throws IOException if the stream cannot be read
   */
  Optional<byte[]> next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int read = in.read();
    while (read >= 0 && read != '\n') {
      if (line.size() == maxBytes) {
        throw new LineTooLongException(maxBytes);
      }
      line.write(read);
      read = in.read();
    }
    return read < 0 ? Optional.empty() : Optional.of(line.toByteArray());
  }

  /**
   * Skips to behind the next LF. Returns whether the stream goes on.
   *
   * @throws IOException if the stream cannot be read
   */
  boolean skip() throws IOException {
    int read = in.read();
    while (read >= 0 && read != '\n') {
      read = in.read();
    }
    return read >= 0;
  }

  /** A line that is longer than allowed. */
  static final class LineTooLongException extends IOException {
    private static final long serialVersionUID = 1;

    LineTooLongException(int maxBytes) {
      super("line: too long (expected: at most " + maxBytes + " bytes and a line feed)");
    }
  }
}
