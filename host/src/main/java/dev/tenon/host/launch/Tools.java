package dev.tenon.host.launch;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The programs of the system that start plugins confined. They are looked for in fixed folders,
 * never by {@code PATH}, which is whoever's who starts the host. Immutable.
 *
 * @param folders where to look, in this order
 */
record Tools(List<Path> folders) {
  /** Those of this machine. */
  static final Tools SYSTEM =
      new Tools(
          List.of(Path.of("/usr/bin"), Path.of("/bin"), Path.of("/usr/sbin"), Path.of("/sbin")));

  Tools {
    folders = List.copyOf(folders);
  }

  /** Returns where {@code tool} is. */
  Optional<Path> find(Tool tool) {
    return folders.stream()
        .map(folder -> folder.resolve(tool.program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Returns where {@code tool} is.
   *
   * @throws LaunchException if it is not there, naming what asks for it as {@code what}
   */
  String require(Tool tool, String what) throws LaunchException {
    return find(tool)
        .map(Path::toString)
        .orElseThrow(
            () ->
                new LaunchException(
                    what
                        + ": no "
                        + tool.program
                        + " in "
                        + folders
                        + " (expected: the package "
                        + tool.debianPackage
                        + " installed)"));
  }

  /** A program, and the package of Debian's that has it. */
  enum Tool {
    /** Changes user, groups and capabilities, and sets the signal of the parent's death. */
    SETPRIV("setpriv", "util-linux"),
    /** Sets limits of a process. */
    PRLIMIT("prlimit", "util-linux"),
    /** Makes namespaces. */
    BWRAP("bwrap", "bubblewrap");

    private final String program;
    private final String debianPackage;

    Tool(String program, String debianPackage) {
      this.program = program;
      this.debianPackage = debianPackage;
    }
  }
}
