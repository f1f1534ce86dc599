package dev.tenon.auth.audit;

import static java.nio.file.StandardOpenOption.WRITE;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;

/**
 * Keeps a second writer away from a log; the operating system takes it back when a process dies.
 */
final class LogLock implements Closeable {
  private final FileChannel channel;

  private LogLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock of a log.
   *
   * @throws IOException if another writer has it, in this process or another
   */
  static LogLock take(LogPaths paths) throws IOException {
    try {
      LogFiles.DISK.create(paths.lock(), LogFiles.Mode.OVERWRITE).close();
    } catch (FileAlreadyExistsException e) {
      // Left by an earlier writer: whether the lock is held is another question.
    }
    FileChannel channel = FileChannel.open(paths.lock(), WRITE);
    if (!lock(channel)) {
      channel.close();
      throw inUse(paths.active());
    }
    return new LogLock(channel);
  }

  private static boolean lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static IOException inUse(Path log) {
    return new IOException(
        "audit log: " + log + ": another host writes it (expected: one writer for each log)");
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
