package dev.tenon.examples.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The walks of docs/getting-started.md, typed as printed in a folder that looks like a built clone:
 * the files of a heading and its commands, in their order.
 */
final class GettingStartedTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Path PAGE = Path.of("../../docs/getting-started.md");
  private static final Pattern BLOCK =
      Pattern.compile("<!-- walk: (\\S+) -->\n```[a-z]*\n(.*?)```\n", Pattern.DOTALL);

  private Place clone;

  @BeforeEach
  void makeClone() throws IOException {
    clone = Place.make();
    Path examples = Files.createDirectories(clone.folder().resolve("examples"));
    for (String part : List.of("api", "python", "tokens")) {
      Files.createSymbolicLink(
          examples.resolve(part), Path.of("..").toRealPath().resolve(part).toRealPath());
    }
    writeJar(Files.createDirectories(examples.resolve("host/target/lib")).resolve("all.jar"));
    Path script = clone.file("tenon", script().getBytes(UTF_8));
    assertThat(script.toFile().setExecutable(true)).isTrue();
  }

  @AfterEach
  void removeClone() throws IOException {
    clone.close();
  }

  @Test
  void javaWalk_asPrinted_callsThePluginAndRunsIt() throws Exception {
    walk("## 2.", "## 4.");

    assertThat(typed(block("java")).out()).isEqualTo(block("output"));
    try (HostProcess host = start(block("until-running"))) {
      await().atMost(LIMIT).until(() -> host.out().equals("running: 1 plugins\n"));
      host.process().destroy(); // SIGTERM
      assertThat(host.status()).isZero();
    }
    assertThat(typed("mine/java/split/bin/split"))
        .satisfies(ran -> assertThat(ran.status()).isEqualTo(2))
        .satisfies(ran -> assertPrinted(ran.err(), "error-by-hand"));
  }

  @Test
  void errors_provoked_areThoseOfThePage() throws Exception {
    walk("## 2.", "## 4.");
    Path policy = clone.folder().resolve("mine/policy.toml");
    String allowing = Files.readString(policy);
    Files.writeString(policy, allowing.replace("\"split\"", "\"other\""));

    Ran provide = typed(block("until-running"));
    assertThat(provide.status()).as(provide.err()).isEqualTo(Main.PLUGIN);
    assertPrinted(provide.err(), "error-provide");

    Files.writeString(policy, allowing);
    Files.writeString(clone.folder().resolve("mine/java/split/bin/split"), "#!/bin/sh\n");
    Ran checksum = typed(block("until-running"));
    assertThat(checksum.status()).as(checksum.err()).isEqualTo(Main.CONFIGURATION);
    assertPrinted(checksum.err(), "error-checksum");
  }

  @Test
  void pythonWalk_asPrinted_callsThePlugin() throws Exception {
    boolean runs = PythonInterpreter.runsPlugins();
    if ("true".equals(System.getenv("CI"))) {
      assertThat(runs).as("python3 with grpc, protobuf and cryptography").isTrue();
    }
    assumeTrue(runs, "/usr/bin/python3 lacks grpc, protobuf or cryptography");
    walk("## 2.", "## 3.");
    walk("## 4.", "## 5.");

    assertThat(typed(block("python")).out()).isEqualTo(block("output"));
  }

  /** Writes the files and types the commands between two headings. */
  private void walk(String from, String to) throws Exception {
    String page = Files.readString(PAGE);
    int begin = page.indexOf("\n" + from);
    int end = page.indexOf("\n" + to);
    assertThat(begin).as(from).isBetween(0, end);
    for (MatchResult found : BLOCK.matcher(page.substring(begin, end)).results().toList()) {
      if (found.group(1).equals("run")) {
        Ran ran = typed(found.group(2));
        assertThat(ran.status()).as("%s%s", found.group(2), ran.err()).isZero();
      } else if (found.group(1).startsWith("mine/")) {
        clone.file(found.group(1), found.group(2).getBytes(UTF_8));
      }
    }
  }

  private static String block(String name) throws IOException {
    return BLOCK
        .matcher(Files.readString(PAGE))
        .results()
        .filter(found -> found.group(1).equals(name))
        .map(found -> found.group(2))
        .findFirst()
        .orElseThrow(() -> new AssertionError(PAGE + ": no block " + name));
  }

  /** Asserts that each line of the block was printed; dots on the page stand for any text. */
  private static void assertPrinted(String printed, String block) throws IOException {
    block(block)
        .lines()
        .map(line -> line.split(Pattern.quote("..."), -1))
        .map(parts -> Arrays.stream(parts).map(Pattern::quote).collect(Collectors.joining(".*")))
        .forEach(line -> assertThat(printed).containsPattern(line));
  }

  private Ran typed(String commands) throws Exception {
    try (HostProcess shell = start(commands)) {
      int status = shell.status();
      return new Ran(status, shell.out(), shell.err());
    }
  }

  private HostProcess start(String commands) throws IOException {
    ProcessBuilder shell = new ProcessBuilder("/bin/sh", "-euc", "exec " + commands.strip());
    if (commands.strip().contains("\n")) {
      shell.command("/bin/sh", "-euc", commands);
    }
    shell.directory(clone.folder().toFile());
    Map<String, String> environment = shell.environment();
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("JAVA_TOOL_OPTIONS", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto");
    environment.merge(
        "PATH",
        Path.of(System.getProperty("java.home"), "bin").toString(),
        (path, java) -> java + ":" + path);
    return HostProcess.start(clone, shell);
  }

  /** Writes a jar that has nothing but this test's class path, as the folder of jars that it is. */
  private static void writeJar(Path jar) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest
        .getMainAttributes()
        .put(
            Attributes.Name.CLASS_PATH,
            Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toUri().toString())
                .collect(Collectors.joining(" ")));
    new JarOutputStream(Files.newOutputStream(jar), manifest).close();
  }

  /** Returns what starts the program without a build, which the script of the clone begins with. */
  private static String script() {
    return "#!/bin/sh\nexec java -XX:+UseSerialGC -cp \"$(dirname \"$0\")/examples/host/target/lib/*\" "
        + Main.class.getName()
        + " \"$@\"\n";
  }
}
