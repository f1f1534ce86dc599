package dev.tenon.bench.endtoend;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;

/** How another JVM with these classes is started. Stateless. */
final class Jvm {
  private static final int FIRST_WITH_WARNINGS = 24;

  private Jvm() {}

  static Path java() {
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }

  /** Returns the command that runs {@code main}; {@code options} are the JVM's. */
  static List<String> command(List<String> options, Class<?> main, List<String> arguments) {
    return command(options, classPath(), main, arguments);
  }

  /** Returns the command that runs {@code main} from {@code classPath}. */
  static List<String> command(
      List<String> options, String classPath, Class<?> main, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(java().toString()));
    command.addAll(options);
    if (Runtime.version().feature() >= FIRST_WITH_WARNINGS) {
      command.add("--enable-native-access=ALL-UNNAMED");
      command.add("--sun-misc-unsafe-memory-access=allow");
    }
    command.addAll(List.of("-cp", classPath, main.getName()));
    command.addAll(arguments);
    return List.copyOf(command);
  }

  /**
   * Returns where these classes are, in JAR files alone, as an archive of classes wants them; those
   * that are not in one are packed in {@code folder}.
   */
  static String jars(Path folder) throws IOException {
    List<String> jars = new ArrayList<>();
    for (String part : classPath().split(File.pathSeparator, -1)) {
      Path path = Path.of(part);
      if (Files.isRegularFile(path)) {
        jars.add(part);
      } else if (Files.isDirectory(path)) {
        Path jar = folder.resolve("classes-" + jars.size() + ".jar");
        pack(path, jar);
        jars.add(jar.toString());
      }
    }
    return String.join(File.pathSeparator, jars);
  }

  private static void pack(Path classes, Path jar) throws IOException {
    ToolProvider tool =
        ToolProvider.findFirst("jar").orElseThrow(() -> new IOException("no tool jar in this JDK"));
    int status =
        tool.run(
            System.out,
            System.err,
            "--create",
            "--no-manifest",
            "--file",
            jar.toString(),
            "-C",
            classes.toString(),
            ".");
    if (status != 0) {
      throw new IOException("jar: status " + status + " for " + classes);
    }
  }

  /**
   * Returns where these classes are. A JVM is started in another folder: all parts are absolute.
   */
  static String classPath() {
    String parts = System.getProperty("java.class.path");
    return Arrays.stream(parts.split(File.pathSeparator, -1))
        .map(part -> Path.of(part).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }
}
