package dev.tenon.examples.host;

import dev.tenon.core.Printable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The files of a command line, in its order: what the user called each, and its real path. */
record FileArguments(List<Named> files) {
  /** One file. Two names of one file, or one name twice, are two of these. */
  record Named(String name, Path realPath) {}

  /** All that is wrong with the files of a command line; one line each. */
  static final class RefusedFilesException extends Exception {
    private static final long serialVersionUID = 1;

    RefusedFilesException(List<String> problems) {
      super(String.join("\n", problems));
    }
  }

  /** Copies the list. */
  FileArguments {
    files = List.copyOf(files);
  }

  /**
   * Looks at every argument.
   *
   * @throws RefusedFilesException if one is missing, unreadable or no regular file; all are named
   */
  static FileArguments of(List<String> arguments) throws RefusedFilesException {
    List<Named> files = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (String argument : arguments) {
      try {
        files.add(new Named(argument, realPath(argument)));
      } catch (IOException e) {
        problems.add(Printable.line(argument) + ": " + e.getMessage());
      }
    }
    if (!problems.isEmpty()) {
      throw new RefusedFilesException(problems);
    }
    return new FileArguments(files);
  }

  private static Path realPath(String argument) throws IOException {
    Path path;
    try {
      path = Path.of(argument);
    } catch (InvalidPathException e) {
      throw new IOException("is no path of this system (expected: a file)", e);
    }
    if (!Files.exists(path)) {
      throw new IOException("no such file");
    }
    if (!Files.isRegularFile(path)) {
      String kind = Files.isDirectory(path) ? "is a directory" : "is no regular file";
      throw new IOException(kind + " (expected: a file)");
    }
    if (!Files.isReadable(path)) {
      throw new IOException("cannot be read (expected: a file that you may read)");
    }
    return path.toRealPath();
  }

  /** Returns the real path of each file once, as the plugins are to see it. */
  List<String> listed() {
    return files.stream().map(file -> file.realPath().toString()).distinct().toList();
  }
}
