package dev.tenon.testing;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where this project's checkout begins. */
public final class RepositoryRoot {
  private RepositoryRoot() {}

  /** Returns the nearest folder above the working directory that has the script {@code tenon}. */
  public static Path find() {
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (Files.isRegularFile(folder.resolve("tenon"))
          && Files.isRegularFile(folder.resolve("CHANGELOG.md"))) {
        return folder;
      }
    }
    throw new IllegalStateException(
        "no checkout above the working directory (expected: to run in one)");
  }
}
