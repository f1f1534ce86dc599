package dev.tenon.host.life;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.host.PluginHost;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * The JVMs that tests start, as hosts and as plugins. They have the class path of the test in a
 * folder that every user can read, and an archive of the classes that hosts and plugins load, with
 * which they start in half the time (Class Data Sharing). Both are made once, when first asked for.
 */
final class ChildJvm {
  private static final ChildJvm ONE = new ChildJvm();

  private final Path folder;
  private final List<String> options;

  private ChildJvm() {
    try {
      folder = Files.createTempDirectory(Path.of("/tmp"), "tnc");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
      String classPath = jars(folder);
      List<String> plain =
          List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", classPath);
      Path archive = folder.resolve("classes.jsa");
      options = new ArrayList<>(plain);
      if (makeArchive(archive, plain)) {
        options.add(0, "-XX:SharedArchiveFile=" + archive);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the options of a small JVM that starts fast, the class path among them. */
  static List<String> options() {
    return ONE.options;
  }

  /** Returns the command that runs {@code main} with {@code arguments}, and options before ours. */
  static ProcessBuilder running(Class<?> main, List<String> arguments, String... options) {
    List<String> command = new ArrayList<>(List.of(java()));
    command.addAll(List.of(options));
    command.addAll(options());
    command.add(main.getName());
    command.addAll(arguments);
    return new ProcessBuilder(command);
  }

  /** Returns the folder where all that a JVM with these options reads is, the JDK aside. */
  static Path folder() {
    return ONE.folder;
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** Puts what the class path of the test names into {@code folder}; an archive needs jars. */
  private static String jars(Path folder) throws IOException {
    String names =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> jars = new ArrayList<>();
    for (String name : names.split(":", -1)) {
      Path from = Path.of(name).toAbsolutePath();
      Path to = folder.resolve(jars.size() + "-" + from.getFileName() + ".jar");
      if (Files.isDirectory(from)) {
        pack(from, to);
      } else if (Files.exists(from)) {
        link(from, to);
      } else {
        continue;
      }
      jars.add(to.toString());
    }
    return String.join(":", jars);
  }

  private static void pack(Path from, Path to) throws IOException {
    try (OutputStream out = Files.newOutputStream(to);
        JarOutputStream jar = new JarOutputStream(out);
        Stream<Path> files = Files.walk(from)) {
      jar.setLevel(0);
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        jar.putNextEntry(new JarEntry(from.relativize(file).toString()));
        Files.copy(file, jar);
        jar.closeEntry();
      }
    }
    Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rw-r--r--"));
  }

  private static void link(Path from, Path to) throws IOException {
    try {
      Files.createLink(to, from);
    } catch (IOException e) { // on another file system
      Files.copy(from, to);
      Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rw-r--r--"));
    }
  }

  /** Returns whether there is an archive now; without one a JVM starts as well, and slower. */
  private static boolean makeArchive(Path archive, List<String> options) throws IOException {
    List<String> command = new ArrayList<>(List.of(java(), "-XX:ArchiveClassesAtExit=" + archive));
    command.addAll(options);
    command.add(Sample.class.getName());
    Path said = archive.resolveSibling("said");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    try {
      if (process.waitFor(5, TimeUnit.MINUTES) && process.exitValue() == 0) {
        return Files.exists(archive);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    process.destroyForcibly();
    System.err.println("no archive of classes: " + Files.readString(said, UTF_8));
    return false;
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Loads what is worth archiving: a host calls a plugin of the SDK over mTLS. */
  static final class Sample {
    private Sample() {}

    public static void main(String[] args) throws Exception {
      try (TestHome home = TestHome.create().provides("echo", EchoGrpc.SERVICE_NAME);
          PluginHost host = home.bareHost().plugin(InJvm.of(ModePlugins.plugin("echo"))).start()) {
        host.client(EchoGrpc::newBlockingStub).unary(EchoRequest.getDefaultInstance());
      }
    }
  }
}
