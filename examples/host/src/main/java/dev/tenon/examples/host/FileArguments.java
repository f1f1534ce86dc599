package dev.tenon.examples.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The files of a command line: what the user called each, and its real path. Two names of one file
 * stay two entries.
 */
record FileArguments(Map<String, Path> realPaths) {
  /** All that is wrong with the files of a command line; one line each. */
  static final class RefusedFilesException extends Exception {
    private static final long serialVersionUID = 1;

    RefusedFilesException(List<String> problems) {
      super(String.join("\n", problems));
    }
  }

  /**
   * Looks at every argument.
   *
   * @throws RefusedFilesException if one is missing, unreadable or no regular file; all are named
   */
  static FileArguments of(List<String> arguments) throws RefusedFilesException {
    Map<String, Path> realPaths = new LinkedHashMap<>();
    List<String> problems = new ArrayList<>();
    for (String argument : arguments) {
      Path path = Path.of(argument);
      if (!Files.exists(path)) {
        problems.add(argument + ": no such file");
      } else if (Files.isDirectory(path)) {
        problems.add(argument + ": is a directory (expected: a file)");
      } else if (!Files.isRegularFile(path)) {
        problems.add(argument + ": is no regular file");
      } else if (!Files.isReadable(path)) {
        problems.add(argument + ": cannot be read");
      } else {
        try {
          realPaths.put(argument, path.toRealPath());
        } catch (IOException e) {
          problems.add(argument + ": cannot be read");
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new RefusedFilesException(problems);
    }
    return new FileArguments(realPaths);
  }

  /** Returns the real path of each file once, as the plugins are to see it. */
  List<String> listed() {
    return realPaths.values().stream().map(Path::toString).distinct().toList();
  }
}
