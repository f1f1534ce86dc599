package dev.tenon.examples.host;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * The script {@code tenon} in a copy of the project's tree, where Maven and the JDK are scripts
 * that tell what they were asked for. There is a space in the path.
 */
abstract class ScriptTree {
  /** All that the script runs, but for Maven and Java. */
  private static final List<String> TOOLS =
      List.of("sh", "find", "readlink", "mkdir", "touch", "mv", "date", "tail", "flock");

  Place place;
  Path root;
  Path bin;
  Path jdk;

  @BeforeEach
  void makeTree() throws IOException {
    place = Place.make();
    root = Files.createDirectories(place.folder().resolve("a tree"));
    Files.copy(Path.of("../../tenon"), root.resolve("tenon"));
    Files.createDirectories(root.resolve("examples/host/src"));
    aged(place.file("a tree/pom.xml", new byte[0]));
    bin = Files.createDirectory(place.folder().resolve("bin"));
    for (String tool : TOOLS) {
      Files.createSymbolicLink(bin.resolve(tool), where(tool));
    }
    maven(
        "for m in host files words store tokens rogue; do mkdir -p"
            + " \"$root/examples/$m/target/lib\"; done");
    jdk = jdk("17.0.15", "printf '%s\\n' \"$@\"; exit 0");
  }

  @AfterEach
  void removeTree() throws IOException {
    place.close();
  }

  void maven(String script) throws IOException {
    executable(
        bin.resolve("mvn"),
        "echo built >>\"$root/builds\"; echo noise of the build\n%s\n".formatted(script));
  }

  Path jdk(String version, String java) throws IOException {
    Path home = place.folder().resolve("jdk " + version);
    Files.createDirectories(home.resolve("bin"));
    executable(home.resolve("bin/javac"), "exit 1\n");
    executable(home.resolve("bin/java"), java + "\n");
    Files.writeString(
        home.resolve("release"),
        """
        IMPLEMENTOR="Us"
        JAVA_VERSION="%s"
        OS="x"
        """
            .formatted(version));
    return home;
  }

  void executable(Path file, String script) throws IOException {
    Files.writeString(file, "#!/bin/sh\nroot='" + root + "'\n" + script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  static Path where(String tool) {
    return Stream.of("/usr/bin", "/bin")
        .map(folder -> Path.of(folder, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new AssertionError(tool + " (expected: on this machine)"));
  }

  static void aged(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(3600)));
  }

  long builds() throws IOException {
    Path log = root.resolve("builds");
    return Files.exists(log) ? Files.readAllLines(log).size() : 0;
  }

  /** Returns what the JDK that is a script prints for {@code arguments}. */
  String started(String... arguments) {
    List<String> lines =
        new ArrayList<>(
            List.of(
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-Dtenon.home=" + root + "/examples/host",
                "-cp",
                root + "/examples/host/target/lib/*",
                Main.class.getName()));
    lines.addAll(List.of(arguments));
    return String.join("\n", lines) + "\n";
  }

  List<String> script(String... arguments) {
    List<String> command = new ArrayList<>(List.of(root.resolve("tenon").toString()));
    command.addAll(List.of(arguments));
    return command;
  }

  Said tenon(String... arguments) throws Exception {
    return run(script(arguments));
  }

  Said run(List<String> command) throws Exception {
    return run(builder(command));
  }

  Said run(ProcessBuilder builder) throws Exception {
    try (HostProcess process = HostProcess.start(place, builder)) {
      return new Said(process.status(), process.out(), process.err());
    }
  }

  HostProcess start(List<String> command) throws IOException {
    return HostProcess.start(place, builder(command));
  }

  ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command).directory(new File("/"));
    builder.environment().clear();
    builder.environment().put("PATH", bin.toString());
    builder.environment().put("JAVA_HOME", jdk.toString());
    return builder;
  }

  /** What one run of the script came to. */
  record Said(int status, String out, String err) {}
}
