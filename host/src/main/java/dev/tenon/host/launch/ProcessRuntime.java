package dev.tenon.host.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

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
  private static final int GROUP_WRITE = 00020;

  private final Path folder;
  private final List<String> command;
  private final String sha256;
  private final Map<String, String> environment;
  private final Confinement confinement;

  ProcessRuntime(
      Path folder,
      List<String> command,
      String sha256,
      Map<String, String> environment,
      Confinement confinement) {
    this.folder = folder;
    this.command = List.copyOf(command);
    this.sha256 = sha256;
    this.environment = Map.copyOf(environment);
    this.confinement = confinement;
  }

  @Override
  public Isolation isolation() {
    return confinement.isolation();
  }

  @Override
  public OptionalInt uid() {
    return confinement.uid();
  }

  @Override
  public LaunchedPlugin launch(Launch launch) throws LaunchException {
    Path program = program(launch);
    List<String> argv = new ArrayList<>(command);
    argv.set(0, program.toString());
    List<String> confined =
        confinement.command(
            new Confinement.Started(argv, List.of(folder.toAbsolutePath(), program), launch));
    ProcessBuilder builder = new ProcessBuilder(confined).directory(launch.state().toFile());
    Map<String, String> inherited = builder.environment();
    Map<String, String> allowed = PluginEnvironment.of(Map.copyOf(inherited), environment, launch);
    inherited.clear();
    inherited.putAll(allowed);
    try {
      return PluginProcess.start(builder, launch, confinement.isolation());
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
      if (confinement.isolation().hasOwnPlace()) {
        checkOwners(real, launch);
      }
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

  /**
   * Between the checksum and the start nobody may be able to change the program but root and the
   * host's user, whom nothing protects the plugin from: not its own user, and no group.
   */
  private static void checkOwners(Path program, Launch launch) throws IOException, LaunchException {
    int own = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    for (Path path = program; path != null; path = path.getParent()) {
      int owner = (int) Files.getAttribute(path, "unix:uid");
      if (owner != 0 && owner != own) {
        throw refused(
            launch,
            "command: "
                + program
                + ": "
                + path
                + " is uid "
                + owner
                + "'s (expected: root's, or"
                + " the host's user's)");
      }
      if ((mode(path) & GROUP_WRITE) != 0 && (mode(path) & STICKY) == 0) {
        throw refused(
            launch,
            "command: "
                + program
                + ": "
                + path
                + " is writable by its group (expected: by nobody"
                + " but its owner)");
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
