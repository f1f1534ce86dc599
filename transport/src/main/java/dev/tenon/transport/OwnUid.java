package dev.tenon.transport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Our effective user id, which Unix sockets show to peers. */
final class OwnUid {
  private OwnUid() {}

  /**
   * Returns the effective user id.
   *
   * @throws IllegalStateException if the system does not tell it in {@code /proc}
   */
  static int read() {
    try {
      // "Uid:", then real, effective, saved and file system id (proc_pid_status(5)).
      return Files.readAllLines(Path.of("/proc/self/status")).stream()
          .filter(line -> line.startsWith("Uid:"))
          .map(line -> Integer.parseUnsignedInt(line.split("\\s+", -1)[2]))
          .findFirst()
          .orElseThrow(
              () -> new IllegalStateException("/proc/self/status: no Uid (expected: one)"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
