package dev.tenon.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Deletes what a test leaves on the disk. */
final class TemporaryFolder {
  private TemporaryFolder() {}

  /**
   * Deletes {@code folder} and all that is in it.
   *
   * @throws IOException if something cannot be deleted
   */
  static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.delete(file);
      }
    }
  }
}
