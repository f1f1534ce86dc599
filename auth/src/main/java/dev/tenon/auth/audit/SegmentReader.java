package dev.tenon.auth.audit;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** Reads a segment line by line and holds each to the chain. Not thread-safe. */
final class SegmentReader implements Closeable {
  private static final int BUFFER_BYTES = 1 << 13;

  private final InputStream in;
  private final @Nullable Link head;
  private Link last;
  private long line = 1;
  private long offset;
  private boolean headDiffers;
  private boolean unpackable;

  private SegmentReader(InputStream in, Link before, @Nullable Link head) {
    this.in = in;
    this.head = head;
    this.last = before;
    compareWithHead();
  }

  /**
   * How far a segment follows the chain.
   *
   * @param last the last record that does
   * @param line the line after it, from 1
   * @param offset where that line begins, in bytes of the uncompressed segment
   * @param rest what is from there on
   * @param headDiffers whether a record has the head's number and not its digest
   */
  record Reading(Link last, long line, long offset, Rest rest, boolean headDiffers) {}

  /** What comes after the last record of a reading. */
  enum Rest {
    /** Nothing. */
    NOTHING,
    /** Bytes that are no records. */
    NO_RECORDS,
    /** Records that follow each other, and not the ones before. */
    RECORDS
  }

  /** Returns what the first line of {@code segment} says; empty if it is damaged. */
  static Optional<ChainedLine.First> first(Path segment) throws IOException {
    try (SegmentReader reader = new SegmentReader(open(segment), Link.START, null)) {
      return ChainedLine.first(reader.nextLine());
    } catch (ZipException e) {
      return Optional.empty();
    }
  }

  /** Reads {@code segment} from its beginning through the record {@code upTo}. */
  static Reading read(Path segment, Link before, long upTo, @Nullable Link head)
      throws IOException {
    try (SegmentReader reader = new SegmentReader(open(segment), before, head)) {
      return reader.read(upTo);
    }
  }

  /** A compressed file whose header is damaged reads as one that has no lines. */
  static InputStream open(Path segment) throws IOException {
    InputStream file = new BufferedInputStream(Files.newInputStream(segment), BUFFER_BYTES);
    if (!LogPaths.isCompressed(segment)) {
      return file;
    }
    try {
      return new BufferedInputStream(new GZIPInputStream(file, BUFFER_BYTES), BUFFER_BYTES);
    } catch (IOException e) {
      file.close();
      return new ByteArrayInputStream(new byte[] {'?'});
    }
  }

  private Reading read(long upTo) throws IOException {
    byte[] line = {};
    while (last.sequence() < upTo) {
      line = nextLine();
      Optional<Link> next = ChainedLine.follow(line, last, /* first= */ offset == 0);
      if (next.isEmpty()) {
        break;
      }
      last = next.get();
      this.line++;
      offset += line.length;
      compareWithHead();
      line = new byte[0];
    }
    return new Reading(last, this.line, offset, rest(line), headDiffers);
  }

  private void compareWithHead() {
    if (head != null && head.sequence() == last.sequence() && !head.equals(last)) {
      headDiffers = true;
    }
  }

  /** Looks through what follows the last record, of which {@code bad} was read. */
  private Rest rest(byte[] bad) throws IOException {
    byte[] line = bad.length == 0 ? nextLine() : bad;
    Rest rest = line.length == 0 ? Rest.NOTHING : Rest.NO_RECORDS;
    while (line.length > 0) {
      byte[] after = nextLine();
      Optional<Link> claimed =
          ChainedLine.claimed(line).filter(one -> one.sequence() > last.sequence());
      if (claimed.isPresent()
          && ChainedLine.follow(after, claimed.get(), /* first= */ false).isPresent()) {
        return Rest.RECORDS;
      }
      line = after;
    }
    return rest;
  }

  /**
   * Returns the next line with its line feed; without one at the end of the file, or where it is
   * longer than any line; empty at the end.
   */
  private byte[] nextLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(512);
    if (unpackable) {
      return line.toByteArray();
    }
    try {
      while (line.size() < ChainedLine.MAX_BYTES) {
        int next = in.read();
        if (next < 0) {
          break;
        }
        line.write(next);
        if (next == '\n') {
          break;
        }
      }
    } catch (ZipException | EOFException e) {
      unpackable = true;
      line.write('?'); // What cannot be unpacked is no line, nor the end.
    }
    return line.toByteArray();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
