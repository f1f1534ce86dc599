package dev.tenon.auth.issue;

import dev.tenon.auth.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * Whom this process runs as, to whom its files must belong. Root's files are taken too: root can
 * write any.
 *
 * @param uid the effective user id; empty where the system does not tell
 */
record OwnUser(OptionalInt uid) {
  private static final Path STATUS = Path.of("/proc/self/status");

  /** Returns the user of this process. */
  static OwnUser current() {
    try {
      // "Uid:", then real, effective, saved and file system id (proc_pid_status(5)).
      return new OwnUser(
          Files.readAllLines(STATUS).stream()
              .filter(line -> line.startsWith("Uid:"))
              .mapToInt(line -> Integer.parseUnsignedInt(line.split("\\s+", -1)[2]))
              .findFirst());
    } catch (IOException e) {
      return new OwnUser(OptionalInt.empty());
    }
  }

  /**
   * Checks whom {@code file} belongs to, where the system tells; links are followed.
   *
   * @throws ConfigException if it belongs to another user, who could change it at any time
   */
  void requireOwn(Path file) throws ConfigException {
    if (uid.isEmpty()
        || !Files.exists(file, LinkOption.NOFOLLOW_LINKS)
        || !file.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      return;
    }
    try {
      int owner = (Integer) Files.getAttribute(file, "unix:uid");
      if (owner != 0 && owner != uid.getAsInt()) {
        throw PemFile.invalid(
            file,
            "belongs to user " + Integer.toUnsignedString(owner),
            "user "
                + Integer.toUnsignedString(uid.getAsInt())
                + ", whom this process runs as, or root: chown it");
      }
    } catch (IOException e) {
      throw PemFile.unreadable(file, e);
    }
  }
}
