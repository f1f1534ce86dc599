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

/**
 * A directory, mode 0700, that one host has to itself for as long as it lives. The lock is the
 * operating system's, so that a host that was killed leaves nothing locked.
 */
final class OwnedDirectory implements AutoCloseable {
  private static final String LOCK = "lock";

  private final Path path;
  private final FileChannel channel;

  private OwnedDirectory(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Takes {@code path}, and makes it if it is missing.
   *
   * @throws IOException if it cannot be made, or another host has it
   */
  static OwnedDirectory take(Path path) throws IOException {
    Path absolute = path.toAbsolutePath().normalize();
    makePrivate(absolute);
    FileChannel channel =
        FileChannel.open(
            absolute.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (!lock(channel)) {
      channel.close();
      throw new IOException(absolute + ": in use by another host (expected: one host a directory)");
    }
    return new OwnedDirectory(absolute, channel);
  }

  private static boolean lock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // another host in this JVM
    }
  }

  /** Makes a directory for this user alone, with its parents; an existing one is left as it is. */
  static void makePrivate(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
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
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(
              Path directory, @org.jspecify.annotations.Nullable IOException e) throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
