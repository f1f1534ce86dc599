package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;

/**
 * The JVM of a host that is measured.
 *
 * @param options beside the usual ones
 * @param isPinned whether it has the core of the proxies, as they all have, or all there are
 */
record HostJvm(List<String> options, String classPath, boolean isPinned) {
  private static final String HEAP = "-Xmx256m";

  HostJvm {
    options = List.copyOf(options);
    requireNonNull(classPath, "classPath");
  }

  /** Returns the one of all comparisons. */
  static HostJvm usual() {
    return new HostJvm(List.of(), Jvm.classPath(), /* isPinned= */ true);
  }

  /** Returns the command that runs {@code main}. */
  List<String> command(Class<?> main, List<String> arguments) {
    List<String> all = new ArrayList<>(List.of(HEAP));
    all.addAll(options);
    List<String> command = Jvm.command(all, classPath, main, arguments);
    return isPinned ? Cores.PROXY.pinned(command) : command;
  }
}
