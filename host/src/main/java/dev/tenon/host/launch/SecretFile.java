package dev.tenon.host.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * A file with a secret in it, mode 0600, in a folder that is the owner's alone. A reader sees the
 * old text or the new one, never half of either. Used by one thread at a time. Public for the
 * host's other package alone.
 */
public final class SecretFile {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private final Path path;

  /** Names a file, which need not be there. */
  public SecretFile(Path path) {
    this.path = path;
  }

  /**
   * Replaces the text.
   *
   * @throws IOException if the folder is open to others, or the file cannot be written
   */
  public void write(String text) throws IOException {
    Path folder = path.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IOException(path + ": has no folder (expected: a file in a private one)");
    }
    requirePrivate(folder);
    Path fresh =
        Files.createTempFile(
            folder,
            ".secret",
            ".new",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Files.writeString(fresh, text, UTF_8);
      Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private void requirePrivate(Path folder) throws IOException {
    Set<PosixFilePermission> open =
        EnumSet.copyOf(
            Files.readAttributes(folder, PosixFileAttributes.class, NOFOLLOW_LINKS).permissions());
    open.removeAll(OWNER_ONLY);
    if (!open.isEmpty()) {
      throw new IOException(
          path + ": its folder is open to others (expected: mode 0700, because it holds a secret)");
    }
  }

  /**
   * Deletes the file, if it is there.
   *
   * @throws IOException if that fails
   */
  public void delete() throws IOException {
    Files.deleteIfExists(path);
  }
}
