package dev.tenon.cli;

import dev.tenon.transport.AdminFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that names an administrator's file. */
final class AdminOption {
  private static final Set<PosixFilePermission> OF_THE_OWNER =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  @Option(
      names = "--admin",
      paramLabel = "FILE",
      defaultValue = "${env:TENON_ADMIN}",
      description = {
        "the administrator's file, admin/NAME.json in the state directory of a host that has"
            + " administrators; without it the file that TENON_ADMIN names"
      })
  private @Nullable Path file;

  /**
   * Reads the file.
   *
   * @throws AdminFileException if it is missing, open to others, no such file, or out of date
   */
  AdminFile read() throws AdminFileException {
    if (file == null) {
      throw new AdminFileException(
          "no administrator's file (expected: --admin FILE, or TENON_ADMIN in the environment)");
    }
    AdminFile read;
    try {
      requirePrivate(file);
      if (Files.size(file) > AdminFile.MAX_BYTES) {
        throw new AdminFileException(file + ": too long (expected: an administrator's file)");
      }
      read = AdminFile.parse(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new AdminFileException(
          file
              + ": cannot be read (expected: the file of an administrator of a running host, and"
              + " its user)");
    } catch (IllegalArgumentException e) {
      throw new AdminFileException(file + ": " + e.getMessage());
    }
    if (read.expires().isBefore(Instant.now())) {
      throw new AdminFileException(
          file
              + ": expired at "
              + read.expires()
              + " (expected: one that its host replaces; is the host running?)");
    }
    return read;
  }

  private static void requirePrivate(Path file) throws IOException, AdminFileException {
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")
        && !OF_THE_OWNER.containsAll(Files.getPosixFilePermissions(file))) {
      throw new AdminFileException(
          file + ": open to group or others (expected: mode 0600: chmod 600 " + file + ")");
    }
  }
}
