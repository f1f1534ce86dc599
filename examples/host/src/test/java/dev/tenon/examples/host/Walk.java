package dev.tenon.examples.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A page of docs/, typed as printed in a folder that looks like a built clone. Ended by {@link
 * #close}.
 */
final class Walk implements AutoCloseable {
  private static final Pattern BLOCK =
      Pattern.compile("<!-- walk: (\\S+) -->\n```[a-z]*\n(.*?)```\n", Pattern.DOTALL);

  private final String name;
  private final String page;
  private final Place clone;

  private Walk(String name, String page, Place clone) {
    this.name = name;
    this.page = page;
    this.clone = clone;
  }

  static Walk of(String name) throws IOException {
    return of(name, Map.of());
  }

  /** Makes the folder for {@code name} of docs/, in which {@code replaced} stand for others. */
  static Walk of(String name, Map<String, String> replaced) throws IOException {
    String page = Files.readString(Path.of("../../docs", name));
    for (Map.Entry<String, String> entry : replaced.entrySet()) {
      assertThat(page).contains(entry.getKey());
      page = page.replace(entry.getKey(), entry.getValue());
    }
    Walk walk = new Walk(name, page, Place.make());
    walk.makeClone();
    return walk;
  }

  private void makeClone() throws IOException {
    Path examples = Files.createDirectories(folder().resolve("examples"));
    for (String part : List.of("api", "python", "tokens")) {
      Files.createSymbolicLink(
          examples.resolve(part), Path.of("..").toRealPath().resolve(part).toRealPath());
    }
    Files.createSymbolicLink(folder().resolve("deploy"), Path.of("../../deploy").toRealPath());
    writeJar(Files.createDirectories(examples.resolve("host/target/lib")).resolve("all.jar"));
    Path script = clone.file("tenon", script().getBytes(UTF_8));
    assertThat(script.toFile().setExecutable(true)).isTrue();
  }

  Path folder() {
    return clone.folder();
  }

  /**
   * Writes the files below {@code folder} and types the commands, from one heading to another or,
   * without one, to the end.
   */
  void walk(String from, String to, String folder) throws Exception {
    int begin = page.indexOf("\n" + from);
    int end = to.isEmpty() ? page.length() : page.indexOf("\n" + to);
    assertThat(begin).as(from).isBetween(0, end - 1);
    for (MatchResult found : BLOCK.matcher(page.substring(begin, end)).results().toList()) {
      if (found.group(1).equals("run")) {
        Ran ran = typed(found.group(2));
        assertThat(ran.status()).as("%s%s", found.group(2), ran.err()).isZero();
      } else if (found.group(1).startsWith(folder)) {
        clone.file(found.group(1), found.group(2).getBytes(UTF_8));
      }
    }
  }

  String block(String block) {
    return BLOCK
        .matcher(page)
        .results()
        .filter(found -> found.group(1).equals(block))
        .map(found -> found.group(2))
        .findFirst()
        .orElseThrow(() -> new AssertionError(name + ": no block " + block));
  }

  /** Asserts that each line of the block was printed; dots on the page stand for any text. */
  void assertPrinted(String printed, String block) {
    block(block)
        .lines()
        .map(line -> line.split(Pattern.quote("..."), -1))
        .map(parts -> Arrays.stream(parts).map(Pattern::quote).collect(Collectors.joining(".*")))
        .forEach(line -> assertThat(printed).containsPattern(line));
  }

  Ran typed(String commands) throws Exception {
    try (HostProcess shell = start(commands)) {
      int status = shell.status();
      return new Ran(status, shell.out(), shell.err());
    }
  }

  /** Types commands that do not end by themselves; one alone gets the signals itself. */
  HostProcess start(String commands) throws IOException {
    boolean one = !commands.strip().contains("\n");
    ProcessBuilder shell =
        new ProcessBuilder("/bin/sh", "-euc", one ? "exec " + commands.strip() : commands);
    shell.directory(folder().toFile());
    Map<String, String> environment = shell.environment();
    environment.put(RunTable.ALLOW_ROOT, "true"); // as whoever runs the tests may be
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
    return "#!/bin/sh\n"
        + "exec java -XX:+UseSerialGC -cp \"$(dirname \"$0\")/examples/host/target/lib/*\" "
        + Main.class.getName()
        + " \"$@\"\n";
  }

  @Override
  public void close() throws IOException {
    clone.close();
  }
}
