package dev.tenon.testing.house;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The checkout that this test runs in. */
record Repository(Path root) {
  private static final String PARENT = "<artifactId>tenon-parent</artifactId>";
  private static final Path TEST_SOURCES = Path.of("src/test/java");

  /**
   * Finds the checkout by walking up from the current directory.
   *
   * @throws IllegalStateException if there is none
   */
  static Repository here() {
    Path start = Path.of("").toAbsolutePath();
    for (Path folder = start; folder != null; folder = folder.getParent()) {
      if (isRoot(folder)) {
        return new Repository(folder);
      }
    }
    throw new IllegalStateException(
        "directory: " + start + " (expected: one below the pom.xml of tenon-parent)");
  }

  /** A module's pom names the parent too, but as its parent, before its own artifact. */
  private static boolean isRoot(Path folder) {
    Path pom = folder.resolve("pom.xml");
    if (!Files.isRegularFile(pom)) {
      return false;
    }
    String text = read(pom);
    return text.contains(PARENT) && !text.contains("<parent>");
  }

  /** Returns all Java files below any {@code src/test/java}, in order of their paths. */
  List<Path> testSources() {
    return javaFiles(root).stream()
        .filter(file -> indexOf(root.relativize(file), TEST_SOURCES) >= 0)
        .toList();
  }

  /** Returns the names of the top-level types in {@code <module>/src/main/java}. */
  List<String> mainTypes(String module) {
    Path sources = root.resolve(module).resolve("src/main/java");
    return javaFiles(sources).stream()
        .map(file -> sources.relativize(file).toString())
        .map(file -> file.substring(0, file.length() - ".java".length()).replace('/', '.'))
        .toList();
  }

  /** Returns the folder, relative to the root, that holds {@code testSource} as its test. */
  String moduleOf(Path testSource) {
    Path relative = root.relativize(testSource);
    return relative.subpath(0, indexOf(relative, TEST_SOURCES)).toString();
  }

  private static int indexOf(Path path, Path part) {
    for (int i = 1; i + part.getNameCount() <= path.getNameCount(); i++) {
      if (path.subpath(i, i + part.getNameCount()).equals(part)) {
        return i;
      }
    }
    return -1;
  }

  private static List<Path> javaFiles(Path below) {
    List<Path> found = new ArrayList<>();
    if (!Files.isDirectory(below)) {
      return found;
    }
    try {
      Files.walkFileTree(
          below,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
              String name = String.valueOf(folder.getFileName());
              boolean skipped = name.equals("target") || name.startsWith(".");
              return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              if (file.toString().endsWith(".java")) {
                found.add(file);
              }
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found.stream().sorted().toList();
  }

  /** Returns the lines of {@code file} that hold {@code text}, each with its place. */
  Stream<String> linesWith(Path file, String text) {
    List<String> lines = read(file).lines().toList();
    return Stream.iterate(0, i -> i < lines.size(), i -> i + 1)
        .filter(i -> lines.get(i).contains(text))
        .map(i -> root.relativize(file) + ":" + (i + 1) + ": " + lines.get(i).strip());
  }

  /** Returns the text of {@code file}. */
  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
