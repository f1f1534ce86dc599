package dev.tenon.auth.audit;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Files of the operating system. A {@link FileChannel} is used, and closed, by its thread alone.
 */
final class DiskFiles implements LogFiles {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  @Override
  public LogFile create(Path path, Mode mode) throws IOException {
    FileAttribute<?>[] attributes =
        isPosix(path)
            ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
            : new FileAttribute<?>[0];
    Set<OpenOption> options = new HashSet<>(Set.of(CREATE_NEW, WRITE));
    options.add(option(mode));
    return new DiskFile(FileChannel.open(path, options, attributes), path, mode);
  }

  @Override
  public LogFile open(Path path, Mode mode) throws IOException {
    if (isPosix(path) && !Files.getPosixFilePermissions(path).equals(OWNER_ONLY)) {
      Files.setPosixFilePermissions(path, OWNER_ONLY);
    }
    return new DiskFile(FileChannel.open(path, WRITE, option(mode)), path, mode);
  }

  private static OpenOption option(Mode mode) {
    return mode == Mode.APPEND ? APPEND : WRITE;
  }

  private static boolean isPosix(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    if (Files.exists(to)) {
      throw new IOException(to + ": exists (expected: a free name for a segment)");
    }
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void delete(Path path) throws IOException {
    Files.delete(path);
  }

  /** Windows opens no directories, and keeps names without being asked. */
  @Override
  public void syncDirectory(Path folder) throws IOException {
    if (isPosix(folder)) {
      try (FileChannel directory = FileChannel.open(folder, READ)) {
        directory.force(true);
      }
    }
  }

  private static final class DiskFile implements LogFile {
    private final FileChannel channel;
    private final Mode mode;
    private final @Nullable Object key;

    DiskFile(FileChannel channel, Path path, Mode mode) throws IOException {
      this.channel = channel;
      this.mode = mode;
      this.key = key(path);
    }

    private static @Nullable Object key(Path path) throws IOException {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    @Override
    public void write(byte[] bytes) throws IOException {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        var unused =
            mode == Mode.APPEND ? channel.write(buffer) : channel.write(buffer, buffer.position());
      }
    }

    /** fdatasync, which includes the size. */
    @Override
    public void force() throws IOException {
      channel.force(false);
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public void truncate(long bytes) throws IOException {
      channel.truncate(bytes);
    }

    @Override
    public boolean isAt(Path path) throws IOException {
      try {
        Object now = key(path);
        return now == null || now.equals(key);
      } catch (NoSuchFileException e) {
        return false;
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
