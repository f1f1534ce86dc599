package dev.tenon.examples.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the script {@code tenon} builds and starts, from wherever it is called. */
final class TenonScriptTest extends ScriptTree {
  private static final Duration LIMIT = Duration.ofMinutes(1);

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
            + "for m in host files words store tokens rogue; do mkdir -p"
            + " \"$root/examples/$m/target/lib\"; done");
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
}
