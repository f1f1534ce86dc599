package dev.tenon.host.launch;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.auth.config.ConfigTable;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * What a plugin in a sandbox sees beside its own folders.
 *
 * @param network whether it has the machine's network, or none at all
 * @param readOnly further files and folders that it may read
 */
record Sandbox(boolean network, List<Path> readOnly) {
  /** No network, and no further files. */
  static final Sandbox DEFAULT = new Sandbox(false, List.of());

  /** Where the system's programs and libraries are; links to one another in most systems. */
  private static final List<String> SYSTEM = List.of("/bin", "/sbin", "/lib", "/lib32", "/lib64");

  /** What programs read of /etc; the rest of it may be the host's own configuration. */
  private static final List<String> ETC =
      List.of(
          "/etc/alternatives",
          "/etc/ld.so.cache",
          "/etc/ld.so.conf",
          "/etc/ld.so.conf.d",
          "/etc/localtime",
          "/etc/ssl/certs",
          "/etc/passwd",
          "/etc/group",
          "/etc/nsswitch.conf");

  /** What the network needs of it. */
  private static final List<String> ETC_OF_NETWORK =
      List.of("/etc/resolv.conf", "/etc/hosts", "/etc/services", "/etc/host.conf");

  /**
   * Of a host that is root: what bwrap needs to enter the plugin's own folder, and setpriv to
   * become its user and give up the rest. The program has none of it.
   */
  private static final List<String> TO_CHANGE_USER =
      List.of("CAP_DAC_READ_SEARCH", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP");

  Sandbox {
    readOnly = List.copyOf(readOnly);
  }

  /** Reads the table {@code [sandbox]}, which only plugins in one may have. */
  static Sandbox read(ConfigTable toml, Isolation isolation) {
    Optional<ConfigTable> table = toml.table("sandbox");
    if (table.isEmpty()) {
      return DEFAULT;
    }
    if (isolation != Isolation.SANDBOX) {
      toml.problem("sandbox", "got a table (expected: only with isolation = \"sandbox\")");
    }
    return new Sandbox(
        table.get().bool("network").orElse(false),
        table.get().parsedList("read_only", Sandbox::absolute));
  }

  private static Path absolute(String text) {
    try {
      Path path = Path.of(text);
      if (path.isAbsolute() && path.equals(path.normalize())) {
        return path;
      }
    } catch (InvalidPathException e) {
      // Not a path: see below.
    }
    throw new IllegalArgumentException("path: " + text + " (expected: an absolute path)");
  }

  /** What of its own a run sees: to read, and to change. */
  record Own(List<Path> toRead, List<Path> toChange, Path workingDirectory) {}

  /** Returns the options of bwrap(1), up to the one before the program. */
  List<String> options(Own own, boolean changesUser) throws IOException {
    List<String> options = new ArrayList<>(namespaces());
    if (!network) {
      options.add("--unshare-net");
    }
    options.addAll(List.of("--cap-drop", "ALL"));
    if (changesUser) {
      TO_CHANGE_USER.forEach(capability -> options.addAll(List.of("--cap-add", capability)));
    }
    system(options);
    options.addAll(List.of("--perms", "1777", "--tmpfs", "/tmp"));
    for (Path path : readOnly) {
      bind(options, "--ro-bind", path);
    }
    for (Path path : own.toRead()) {
      bind(options, "--ro-bind", path);
    }
    for (Path path : own.toChange()) {
      bind(options, "--bind", path);
    }
    options.addAll(List.of("--chdir", own.workingDirectory().toString(), "--remount-ro", "/"));
    return options;
  }

  /** Ends with whoever launched it; has no terminal, and sees no process of others. */
  private static List<String> namespaces() {
    return List.of(
        "--die-with-parent",
        "--new-session",
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
        "--hostname",
        "plugin");
  }

  private void system(List<String> options) throws IOException {
    bind(options, "--ro-bind", Path.of("/usr"));
    for (String name : SYSTEM) {
      Path path = Path.of(name);
      if (Files.isSymbolicLink(path)) {
        options.addAll(List.of("--symlink", Files.readSymbolicLink(path).toString(), name));
      } else {
        bind(options, "--ro-bind-try", path);
      }
    }
    TreeSet<String> etc = new TreeSet<>(ETC);
    if (network) {
      etc.addAll(ETC_OF_NETWORK);
    }
    etc.addAll(configurationOfJava());
    etc.forEach(path -> bind(options, "--ro-bind-try", Path.of(path)));
    bind(options, "--ro-bind", Path.of(System.getProperty("java.home")));
    options.addAll(List.of("--proc", "/proc", "--dev", "/dev"));
  }

  /** Where Debian's JDKs have their configuration, to which links in their folders lead. */
  private static List<String> configurationOfJava() throws IOException {
    List<String> found = new ArrayList<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(Path.of("/etc"), "java-*")) {
      folders.forEach(folder -> found.add(folder.toString()));
    }
    return found;
  }

  /** What is above {@code path} would be closed to other users than the host's without this. */
  private static void bind(List<String> options, String how, Path path) {
    List<Path> above = new ArrayList<>();
    for (Path folder = path.getParent(); folder != null; folder = folder.getParent()) {
      above.add(0, folder);
    }
    above.stream()
        .skip(1) // the root
        .map(folder -> List.of("--perms", "0755", "--dir", folder.toString()))
        .forEach(options::addAll);
    options.addAll(List.of(how, path.toString(), path.toString()));
  }

  /**
   * Tries whether {@code bwrap} can make a sandbox here.
   *
   * @throws LaunchException with what it says, if it cannot
   */
  static void tryOut(String bwrap, String what) throws LaunchException {
    List<String> command = new ArrayList<>();
    command.add(bwrap);
    command.addAll(namespaces());
    command.addAll(
        List.of("--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--", "/bin/true"));
    try {
      Process trial = new ProcessBuilder(command).redirectErrorStream(true).start();
      trial.getOutputStream().close();
      String said = new String(trial.getInputStream().readNBytes(1000), UTF_8).strip();
      if (trial.waitFor() != 0) {
        throw new LaunchException(
            what
                + ": bwrap cannot make one here: "
                + said
                + " (expected: a system that allows namespaces and mounts)");
      }
    } catch (IOException e) {
      throw new LaunchException(what + ": bwrap cannot be started: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LaunchException(what + ": interrupted while bwrap was tried", e);
    }
  }
}
