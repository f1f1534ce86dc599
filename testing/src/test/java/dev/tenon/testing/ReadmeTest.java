package dev.tenon.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * README's programs are those in {@code acme.greeter}, and they work as printed: a host process
 * that starts the plugin as a process, from the printed configuration files.
 */
final class ReadmeTest {
  private static final Path ROOT = RepositoryRoot.find();
  private static final Pattern BLOCK =
      Pattern.compile("<!-- dev\\.tenon: ([a-z.]+) -->\n```[a-z]+\n(.*?)```\n", Pattern.DOTALL);

  @TempDir Path directory;

  /** Row: SD-4. */
  @ParameterizedTest
  @CsvSource({
    "host, GreeterHost",
    "plugin, GreeterPlugin",
    "service, GreeterService",
    "test, GreeterPluginTest"
  })
  void javaBlock_ofReadme_isTheCompiledSource(String block, String source) throws IOException {
    assertThat(block(block)).isEqualTo(region(source, block));
  }

  /** Row: SD-3, SD-4. */
  @Test
  void programs_ofReadme_workAsPrinted() throws Exception {
    Path folder = directory.resolve("plugins/greeter");
    Files.createDirectories(folder.resolve("bin"));
    Path launcher = folder.resolve("bin/greeter");
    Files.writeString(launcher, launcher());
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.writeString(directory.resolve("policy.toml"), block("policy.toml"));
    Files.writeString(
        folder.resolve("plugin.toml"), block("plugin.toml").replaceAll("0{64}", sha256(launcher)));

    Process host =
        new ProcessBuilder(
                java(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Djava.io.tmpdir=" + Files.createDirectories(directory.resolve("tmp")),
                "-cp",
                System.getProperty("java.class.path"),
                "acme.greeter.GreeterHost")
            .directory(directory.toFile())
            .redirectError(directory.resolve("stderr").toFile())
            .start();
    String printed = new String(host.getInputStream().readAllBytes(), UTF_8);

    assertThat(host.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(printed).as(Files.readString(directory.resolve("stderr"))).isEqualTo("Hello, Ada\n");
    assertThat(host.exitValue()).isZero();
    assertThat(Files.readString(directory.resolve("tenon-state/audit.jsonl")))
        .contains("host-greets", "greeter-logs");
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static String launcher() {
    // As little as possible of the 10 s in which a plugin has to enrol goes to the start of its
    // JVM.
    return "#!/bin/sh\nexec \"$JAVA_HOME/bin/java\" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '"
        + System.getProperty("java.class.path").replace(File.pathSeparator, ":")
        + "' acme.greeter.GreeterPlugin\n";
  }

  private static String sha256(Path file) throws Exception {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }

  private static String block(String name) throws IOException {
    return BLOCK
        .matcher(Files.readString(ROOT.resolve("README.md")))
        .results()
        .filter(found -> found.group(1).equals(name))
        .map(found -> found.group(2))
        .findFirst()
        .orElseThrow(() -> new AssertionError("README.md: no block " + name));
  }

  /** Returns the lines between {@code // README: name} and {@code // end}, without their indent. */
  private static String region(String source, String name) throws IOException {
    String text =
        Files.readString(
            ROOT.resolve("testing/src/test/java/acme/greeter").resolve(source + ".java"));
    return text.lines()
        .dropWhile(line -> !line.strip().equals("// README: " + name))
        .skip(1)
        .takeWhile(line -> !line.strip().equals("// end"))
        .collect(Collectors.joining("\n"))
        .stripIndent()
        .concat("\n");
  }
}
