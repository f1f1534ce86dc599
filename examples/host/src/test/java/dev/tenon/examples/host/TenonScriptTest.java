package dev.tenon.examples.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The script {@code tenon} in a copy of the project's tree, where Maven and the JDK are scripts
 * that tell what they were asked for. There is a space in the path.
 */
final class TenonScriptTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  /** All that the script runs, but for Maven and Java. */
  private static final List<String> TOOLS =
      List.of("sh", "find", "readlink", "mkdir", "touch", "mv", "date", "tail", "flock");

  private Place place;
  private Path root;
  private Path bin;
  private Path jdk;

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
    maven("for m in host files words store; do mkdir -p \"$root/examples/$m/target/lib\"; done");
    jdk = jdk("17.0.15", "printf '%s\\n' \"$@\"; exit 0");
  }

  @AfterEach
  void removeTree() throws IOException {
    place.close();
  }

  @Test
  void tenon_firstRun_buildsOnceAndPrintsNothingOfItsOwn() throws Exception {
    assertThat(tenon("demo", "a file")).isEqualTo(new Said(0, started("demo", "a file"), ""));
    assertThat(tenon("demo", "a file")).isEqualTo(new Said(0, started("demo", "a file"), ""));

    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void tenon_withSourceNewerThanTheBuild_buildsAgain() throws Exception {
    tenon();
    Path source = place.file("a tree/examples/host/src/New.java", new byte[0]);
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(60)));

    tenon();

    assertThat(builds()).isEqualTo(2);
  }

  /** Without git on the PATH, as here, it cannot say which commit it measured. */
  @Test
  void tenon_bench_buildsAndStartsTheBenchmarks() throws Exception {
    maven("mkdir -p \"$root/bench/target\"; printf a.jar:b.jar >\"$root/bench/target/classpath\"");

    Said said = tenon("bench", "--short");

    assertThat(said.status()).isZero();
    assertThat(said.out().lines())
        .containsSequence("-cp", root.resolve("bench/target/classes") + ":a.jar:b.jar")
        .endsWith("dev.tenon.bench.Benchmarks", root.toString(), "unknown", "--short");
    assertThat(tenon("bench")).extracting(Said::status).isEqualTo(0);
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void tenon_withJarsOfAPluginGone_buildsAgain() throws Exception {
    tenon();
    Files.delete(root.resolve("examples/words/target/lib"));

    tenon();

    assertThat(builds()).isEqualTo(2);
  }

  /** Both start before either has built: one builds, the other waits for it. */
  @Test
  void tenon_twoFirstRunsAtOnce_buildOnce() throws Exception {
    maven(
        "while [ ! -e \"$root/go\" ]; do :; done\n"
            + "for m in host files words store; do mkdir -p \"$root/examples/$m/target/lib\"; done");
    try (HostProcess first = start(script("x"));
        HostProcess second = start(script("y"))) {
      await().atMost(LIMIT).until(() -> hasLockFile(first) && hasLockFile(second));
      Files.createFile(root.resolve("go"));

      assertThat(first.status()).isZero();
      assertThat(second.status()).isZero();
      assertThat(first.out()).isEqualTo(started("x"));
      assertThat(second.out()).isEqualTo(started("y"));
      assertThat(builds()).isEqualTo(1);
    }
  }

  private static boolean hasLockFile(HostProcess process) throws IOException {
    try (Stream<Path> open =
        Files.list(Path.of("/proc", Long.toString(process.process().pid()), "fd"))) {
      for (Path descriptor : open.toList()) {
        if (Files.isSymbolicLink(descriptor)
            && Files.readSymbolicLink(descriptor).endsWith("tenon.lock")) {
          return true;
        }
      }
      return false;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"link", "folder/link", "folder/relative"})
  void tenon_throughSymbolicLink_findsItsTree(String link) throws Exception {
    Path folder = Files.createDirectory(place.folder().resolve("folder"));
    Files.createSymbolicLink(place.folder().resolve("link"), root.resolve("tenon"));
    Files.createSymbolicLink(folder.resolve("link"), place.folder().resolve("link"));
    Files.createSymbolicLink(folder.resolve("relative"), Path.of("../a tree/tenon"));

    Said said = run(List.of(place.folder().resolve(link).toString(), "x"));

    assertThat(said).isEqualTo(new Said(0, started("x"), ""));
  }

  @Test
  void tenon_fromItsOwnFolderByShell_findsItsTree() throws Exception {
    ProcessBuilder builder = builder(List.of(bin.resolve("sh").toString(), "tenon", "x"));
    builder.directory(root.toFile());

    assertThat(run(builder)).isEqualTo(new Said(0, started("x"), ""));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 143})
  void tenon_exitStatusOfTheProgram_isItsOwn(int status) throws Exception {
    jdk = jdk("17.0.15", "exit " + status);

    assertThat(tenon()).isEqualTo(new Said(status, "", ""));
  }

  /** Nothing on the PATH at all: what says so is the shell alone. */
  @Test
  void tenon_withoutJdk_saysSoInOneLine() throws Exception {
    ProcessBuilder builder = builder(List.of("/bin/sh", root.resolve("tenon").toString(), "x"));
    builder.environment().remove("JAVA_HOME");
    for (String path : List.of("", "/nonexistent")) {
      builder.environment().put("PATH", path);

      assertThat(run(builder))
          .isEqualTo(
              new Said(
                  1,
                  "",
                  "tenon: needs JDK 17, and finds no javac on the PATH or under JAVA_HOME.\n"));
    }
  }

  @Test
  void tenon_withJdkOnPathAlone_findsIt() throws Exception {
    Files.createSymbolicLink(bin.resolve("javac"), jdk.resolve("bin/javac"));
    ProcessBuilder builder = builder(script("x"));
    builder.environment().remove("JAVA_HOME");

    assertThat(run(builder)).isEqualTo(new Said(0, started("x"), ""));
  }

  @ParameterizedTest
  @CsvSource({"11.0.2", "1.8.0_402", "16"})
  void tenon_withOlderJdk_saysSoInOneLine(String version) throws Exception {
    jdk = jdk(version, "exit 0");

    Said said = tenon();

    assertThat(said.status()).isEqualTo(1);
    assertThat(said.err()).startsWith("tenon: needs JDK 17, and " + jdk + " is JDK ");
    assertThat(said.err()).endsWith("; set JAVA_HOME to one.\n").hasLineCount(1);
    assertThat(builds()).isZero();
  }

  @Test
  void tenon_withNewerJdk_runsWhatIsBuiltButDoesNotBuild() throws Exception {
    Path older = jdk;
    jdk = jdk("25.0.3", "exit 0");
    Said unbuilt = tenon();
    Path newer = jdk;
    jdk = older;
    tenon();
    jdk = newer;

    assertThat(unbuilt)
        .isEqualTo(
            new Said(
                1,
                "",
                "tenon: needs JDK 17 to build, and "
                    + newer
                    + " is JDK 25; set JAVA_HOME to one.\n"));
    assertThat(tenon()).isEqualTo(new Said(0, "", ""));
  }

  @Test
  void tenon_withoutMaven_saysSoInOneLine() throws Exception {
    Files.delete(bin.resolve("mvn"));

    assertThat(tenon())
        .isEqualTo(
            new Said(
                1,
                "",
                "tenon: needs Maven 3.8.7 or newer to build, and finds no mvn on the PATH.\n"));
  }

  @Test
  void tenon_withJavaHomeThatIsNone_saysSoInOneLine() throws Exception {
    jdk = place.folder();

    assertThat(tenon())
        .isEqualTo(
            new Said(
                1, "", "tenon: needs JDK 17, and JAVA_HOME (" + jdk + ") has no bin/javac.\n"));
  }

  @Test
  void tenon_whoseBuildFails_showsItsEndAndTriesAgain() throws Exception {
    maven("echo '[ERROR] it is broken'; exit 1");

    for (int run = 1; run <= 2; run++) {
      assertThat(tenon())
          .isEqualTo(
              new Said(
                  1,
                  "",
                  """
                  noise of the build
                  [ERROR] it is broken
                  tenon: the build failed; its last lines are above.
                  """));
      assertThat(builds()).isEqualTo(run);
    }
  }

  /** The real program behind the script: alone, with wrong files, and with a real one. */
  @Test
  void tenon_withTheRealProgram_runsIt() throws Exception {
    tenon();
    jdk = Path.of(System.getProperty("java.home"));
    classPathJar(root.resolve("examples/host/target/lib/all.jar"));
    Path file = place.file("h\u00f6he", "x\n".getBytes(UTF_8));
    String config = place.config().toString();

    Said alone = tenon();
    Said wrong = tenon("demo", "--config", config, "/missing", "/");
    Said right = tenon("demo", "--config", config, file.toString());

    assertThat(alone.status()).isEqualTo(2);
    assertThat(alone.out()).isEmpty();
    assertThat(alone.err()).startsWith("tenon: expected a command\nUsage: tenon");
    assertThat(wrong)
        .isEqualTo(
            new Said(2, "", "/missing: no such file\n/: is a directory (expected: a file)\n"));
    assertThat(right.err()).isEmpty();
    assertThat(right.status()).isZero();
    assertThat(Printed.of(right.out()).files().get(0)).containsEntry("FILE", file.toString());
  }

  /** Writes a jar without classes that names the class path of this test. */
  private static void classPathJar(Path jar) throws IOException {
    Manifest manifest = new Manifest();
    Attributes main = manifest.getMainAttributes();
    main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    main.put(
        Attributes.Name.CLASS_PATH,
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .map(entry -> Path.of(entry).toUri().toString())
            .collect(Collectors.joining(" ")));
    new JarOutputStream(Files.newOutputStream(jar), manifest).close();
  }

  private void maven(String script) throws IOException {
    executable(
        bin.resolve("mvn"),
        "echo built >>\"$root/builds\"; echo noise of the build\n%s\n".formatted(script));
  }

  private Path jdk(String version, String java) throws IOException {
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

  private void executable(Path file, String script) throws IOException {
    Files.writeString(file, "#!/bin/sh\nroot='" + root + "'\n" + script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static Path where(String tool) {
    return Stream.of("/usr/bin", "/bin")
        .map(folder -> Path.of(folder, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new AssertionError(tool + " (expected: on this machine)"));
  }

  private static void aged(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(3600)));
  }

  private long builds() throws IOException {
    Path log = root.resolve("builds");
    return Files.exists(log) ? Files.readAllLines(log).size() : 0;
  }

  /** Returns what the JDK that is a script prints for {@code arguments}. */
  private String started(String... arguments) {
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

  private List<String> script(String... arguments) {
    List<String> command = new ArrayList<>(List.of(root.resolve("tenon").toString()));
    command.addAll(List.of(arguments));
    return command;
  }

  private Said tenon(String... arguments) throws Exception {
    return run(script(arguments));
  }

  private Said run(List<String> command) throws Exception {
    return run(builder(command));
  }

  private Said run(ProcessBuilder builder) throws Exception {
    try (HostProcess process = HostProcess.start(place, builder)) {
      return new Said(process.status(), process.out(), process.err());
    }
  }

  private HostProcess start(List<String> command) throws IOException {
    return HostProcess.start(place, builder(command));
  }

  private ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command).directory(new File("/"));
    builder.environment().clear();
    builder.environment().put("PATH", bin.toString());
    builder.environment().put("JAVA_HOME", jdk.toString());
    return builder;
  }

  /** What one run of the script came to. */
  private record Said(int status, String out, String err) {}
}
