package dev.tenon.auth.audit;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/** What the log asks of the file system; tests put a failing one in its place. */
interface LogFiles {
  /** The operating system's. */
  LogFiles DISK = new DiskFiles();

  /** How a file is written. */
  enum Mode {
    /** At its end alone, which an append-only file allows too. */
    APPEND,
    /** In its place. */
    OVERWRITE
  }

  /** Makes {@code path}, which must not exist, for its owner alone. */
  LogFile create(Path path, Mode mode) throws IOException;

  /** Opens {@code path}, which must exist, and makes it its owner's alone. */
  LogFile open(Path path, Mode mode) throws IOException;

  void move(Path from, Path to) throws IOException;

  void delete(Path path) throws IOException;

  /** Makes names in {@code folder} that were made, moved or deleted outlive the loss of power. */
  void syncDirectory(Path folder) throws IOException;

  /** One open file. */
  interface LogFile extends Closeable {
    /** Writes all of {@code bytes}: at the end, or over the beginning. */
    void write(byte[] bytes) throws IOException;

    /** Makes what was written outlive the loss of power. */
    void force() throws IOException;

    long size() throws IOException;

    /** Cuts the file, and forces nothing. */
    void truncate(long bytes) throws IOException;

    /** Returns whether this is still the file at {@code path}. */
    boolean isAt(Path path) throws IOException;
  }
}
