package dev.tenon.testing.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The shell scripts of the repository: what they read from the environment is never a command. */
class ScriptsTest {
  /** What makes a command of a text. */
  private static final Pattern EVALUATES =
      Pattern.compile("(^|[;&|\\s])(eval|source)\\s|\\bsh\\s+-c\\b|`");

  private static List<Path> scripts() throws Exception {
    Path root = Repository.here().root();
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(file -> !root.relativize(file).toString().matches("(.*/)?(target|\\.git)(/.*)?"))
          .filter(ScriptsTest::isShell)
          .sorted()
          .toList();
    }
  }

  private static boolean isShell(Path file) {
    if (!Files.isRegularFile(file) || !Files.isExecutable(file)) {
      return false;
    }
    String name = String.valueOf(file.getFileName());
    return !name.contains(".")
        && Repository.read(file).matches("(?s)#!/(usr/)?bin/(env )?(ba)?sh\\n.*");
  }

  private static int run(ProcessBuilder command, Path output) throws Exception {
    Process process =
        command
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  /** Row: VA-10 */
  @Test
  void scripts_ofTheRepository_parseAndEvaluateNothing(@TempDir Path folder) throws Exception {
    List<Path> scripts = scripts();
    List<String> wrong = new ArrayList<>();
    for (Path script : scripts) {
      Path output = folder.resolve("output");
      if (run(new ProcessBuilder("sh", "-n", script.toString()), output) != 0) {
        wrong.add(script + ": " + Repository.read(output));
      }
      Repository.read(script)
          .lines()
          .map(line -> line.replaceAll("(^|\\s)#.*", ""))
          .filter(line -> EVALUATES.matcher(line).find())
          .forEach(line -> wrong.add(script + ": " + line.strip()));
    }

    assertThat(scripts).hasSizeGreaterThanOrEqualTo(6);
    assertThat(wrong).isEmpty();
  }

  /**
   * A path from the environment that is none, or holds a command, ends the script with a reason and
   * runs nothing.
   *
   * <p>Row: VA-10
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/nowhere; touch pwned",
        "$(touch pwned)",
        "`touch pwned`",
        "/nowhere\ntouch pwned",
        "/nowhere\" && touch pwned && \"",
        "-rf",
        "../.."
      })
  void tenon_badPathFromTheEnvironment_refused(String bad, @TempDir Path folder) throws Exception {
    Path script = Repository.here().root().resolve("tenon");
    Path output = folder.resolve("output");
    ProcessBuilder command =
        new ProcessBuilder("sh", script.toString(), "run").directory(folder.toFile());
    command.environment().put("JAVA_HOME", bad);

    int status = run(command, output);

    assertThat(status).isEqualTo(1);
    assertThat(Repository.read(output)).startsWith("tenon: needs JDK 17, and ");
    assertThat(folder.resolve("pwned")).doesNotExist();
  }
}
