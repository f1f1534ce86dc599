package dev.tenon.bench.endtoend;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The program of {@link PidPlugin} in a folder of plugins. */
final class PidProgram {
  private static final List<String> OPTIONS =
      List.of("-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xlog:disable");

  private final Path folder;
  private final String classPath;

  private PidProgram(Path folder, String classPath) {
    this.folder = folder;
    this.classPath = classPath;
  }

  /** Makes it in {@code folder}; its classes are in JAR files alone, as an archive wants them. */
  static PidProgram in(Path folder) throws IOException {
    return new PidProgram(folder, Jvm.jars(folder));
  }

  /**
   * Describes the plugin.
   *
   * @param instances how many runs of it there are
   * @param options of its JVM, beside the usual ones
   */
  void describe(int instances, List<String> options) throws IOException {
    List<String> all = new ArrayList<>(OPTIONS);
    all.addAll(options);
    PluginFile.write(
        plugins(),
        PidPlugin.NAME,
        Jvm.command(all, classPath, PidPlugin.class, List.of()),
        instances);
  }

  /** Returns the folder of plugins. */
  Path plugins() {
    return folder.resolve("plugins");
  }

  /** Returns where an archive of the plugin's classes is made. */
  Path archive() {
    return folder.resolve("pid.jsa");
  }
}
