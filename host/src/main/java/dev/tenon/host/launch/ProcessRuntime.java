package dev.tenon.host.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Runs a plugin as a process: by absolute path, without a shell, with the checksum of its program,
 * an allow-listed environment, and its bootstrap line on standard input.
 *
 * <p>The program is absolute or under the plugin's folder; after links are followed it must be a
 * regular executable file that others cannot write or exchange.
 */
final class ProcessRuntime implements PluginRuntime {
  // Bits of a file's mode, as in stat(2).
  private static final int SETUID_OR_SETGID = 06000;
  private static final int STICKY = 01000;
  private static final int OTHERS_WRITE = 00002;

  private final Path folder;
  private final List<String> command;
  private final String sha256;
  private final Map<String, String> environment;
  private final Isolation isolation;

  ProcessRuntime(
      Path folder,
      List<String> command,
      String sha256,
      Map<String, String> environment,
      Isolation isolation) {
    this.folder = folder;
    this.command = List.copyOf(command);
    this.sha256 = sha256;
    this.environment = Map.copyOf(environment);
    this.isolation = isolation;
  }

  @Override
  public Isolation isolation() {
    return isolation;
  }

  @Override
  public LaunchedPlugin launch(Launch launch) throws LaunchException {
    Path program = program(launch);
    List<String> argv = new ArrayList<>(command);
    argv.set(0, program.toString());
    ProcessBuilder builder = new ProcessBuilder(argv).directory(launch.state().toFile());
    Map<String, String> inherited = builder.environment();
    Map<String, String> allowed = PluginEnvironment.of(Map.copyOf(inherited), environment, launch);
    inherited.clear();
    inherited.putAll(allowed);
    try {
      return PluginProcess.start(builder, launch);
    } catch (IOException e) {
      throw refused(launch, program + " cannot be started: " + e.getMessage());
    }
  }

  private Path program(Launch launch) throws LaunchException {
    Path asked;
    Path real;
    try {
      asked = Path.of(command.get(0));
      real = folder.resolve(asked).toRealPath();
    } catch (InvalidPathException | IOException e) {
      throw refused(launch, "command: " + command.get(0) + " (expected: a file that exists)");
    }
    try {
      if (!asked.isAbsolute() && !real.startsWith(folder.toRealPath())) {
        throw refused(
            launch,
            "command: " + asked + " leads to " + real + " (expected: under " + folder + ")");
      }
      if (!Files.isRegularFile(real) || !Files.isExecutable(real)) {
        throw refused(launch, "command: " + real + " (expected: an executable regular file)");
      }
      checkModes(real, launch);
      String actual = Sha256.of(real);
      if (!actual.equals(sha256)) {
        throw refused(
            launch, "command: " + real + " has sha256 " + actual + " (expected: " + sha256 + ")");
      }
    } catch (IOException e) {
      throw refused(launch, "command: " + real + " cannot be read: " + e.getMessage());
    }
    return real;
  }

  private static void checkModes(Path program, Launch launch) throws IOException, LaunchException {
    if (!program.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      return;
    }
    if ((mode(program) & SETUID_OR_SETGID) != 0) {
      throw refused(launch, "command: " + program + " (expected: neither setuid nor setgid)");
    }
    if (isWritableByOthers(program) || isWritableByOthers(program.resolveSibling("."))) {
      throw refused(
          launch,
          "command: " + program + " (expected: neither it nor its folder writable by others)");
    }
    for (Path above = program.getParent(); above != null; above = above.getParent()) {
      if (isWritableByOthers(above) && (mode(above) & STICKY) == 0) {
        throw refused(
            launch,
            "command: "
                + program
                + ": "
                + above
                + " is writable by others (expected: no folder above it, unless sticky)");
      }
    }
  }

  private static boolean isWritableByOthers(Path path) throws IOException {
    return (mode(path) & OTHERS_WRITE) != 0;
  }

  private static int mode(Path path) throws IOException {
    return (int) Files.getAttribute(path, "unix:mode");
  }

  private static LaunchException refused(Launch launch, String why) {
    return new LaunchException("plugin " + launch.runtimeId().plugin() + ": " + why);
  }
}
