package dev.tenon.host;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A directory, mode 0700, that one host has to itself for as long as it lives. The lock is the
 * operating system's, so that a host that was killed leaves nothing locked.
 *
 * <p>Such a lock is the process's: when any channel to the file is closed, the lock is gone. So the
 * hosts of one JVM keep track of what they have, and never open a file that another of them locked.
 */
final class OwnedDirectory implements AutoCloseable {
  private static final String LOCK = "lock";
  private static final int OTHERS_WRITE = 00002; // of a file's mode, as in stat(2)

  /** Belongs to this process's user, where the system has it. */
  private static final Path SELF = Path.of("/proc/self");

  /** The directories that hosts of this JVM have, by their real paths. */
  private static final Set<Path> TAKEN = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final Path real;
  private final FileChannel channel;

  private OwnedDirectory(Path path, Path real, FileChannel channel) {
    this.path = path;
    this.real = real;
    this.channel = channel;
  }

  /**
   * Takes {@code path}, and makes it if it is missing.
   *
   * @throws IOException if it cannot be made, others may write to it, or another host has it
   */
  static OwnedDirectory take(Path path) throws IOException {
    Path absolute = path.toAbsolutePath().normalize();
    makePrivate(absolute);
    Path real = absolute.toRealPath();
    if (!TAKEN.add(real)) {
      throw inUse(absolute);
    }
    try {
      return new OwnedDirectory(absolute, real, lock(absolute));
    } catch (IOException | RuntimeException e) {
      TAKEN.remove(real);
      throw e;
    }
  }

  private static FileChannel lock(Path directory) throws IOException {
    FileChannel channel =
        FileChannel.open(
            directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (!isLocked(channel)) {
      channel.close();
      throw inUse(directory);
    }
    return channel;
  }

  private static boolean isLocked(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // a host in this JVM that another class loader loaded
    }
  }

  private static IOException inUse(Path directory) {
    return new IOException(directory + ": in use by another host (expected: one host a directory)");
  }

  /**
   * Makes a directory for this user alone, with its parents. One that is there already may have
   * another mode, but others must not be able to put files into it.
   *
   * @throws IOException if it cannot be made, or others may write to it
   */
  static void makePrivate(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      checkMode(directory);
      return;
    }
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  private static void checkMode(Path directory) throws IOException {
    int owner = (int) Files.getAttribute(directory, "unix:uid");
    if (owner != 0 && Files.exists(SELF) && owner != (int) Files.getAttribute(SELF, "unix:uid")) {
      throw new IOException(
          directory + ": of the user with uid " + owner + " (expected: of this user, or root)");
    }
    if (((int) Files.getAttribute(directory, "unix:mode") & OTHERS_WRITE) != 0) {
      throw new IOException(
          directory + ": writable by others (expected: a directory of this user's own)");
    }
  }

  /** Deletes directories beside this one that hosts left when they were killed. */
  static void sweep(Path parent, String prefix) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(parent, prefix + "*")) {
      for (Path entry : entries) {
        if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)
            && Files.isRegularFile(entry.resolve(LOCK), LinkOption.NOFOLLOW_LINKS)) {
          sweepOne(entry);
        }
      }
    }
  }

  private static void sweepOne(Path left) {
    try (OwnedDirectory taken = take(left)) {
      taken.delete();
    } catch (IOException e) {
      // A living host has it, or it is another user's.
    }
  }

  Path path() {
    return path;
  }

  /** Deletes the directory with all that is in it; links are not followed. */
  void delete() throws IOException {
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
              throws IOException {
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      TAKEN.remove(real);
    }
  }
}
