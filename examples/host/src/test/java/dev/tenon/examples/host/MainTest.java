package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MainTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "demo",
        "demo --nonsense x",
        "nonsense",
        "run --config",
        "config x",
        "explain a",
        "policy"
      })
  void main_usedWrongly_printsUsageOnStderrAndReturnsTwo(String arguments) {
    Ran ran = Ran.with(arguments.isEmpty() ? new String[0] : arguments.split(" ", -1));

    assertThat(ran.status()).isEqualTo(2);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err()).contains("Usage: tenon");
  }

  @Test
  void main_help_printsUsageOnStdout() {
    Ran ran = Ran.with("--help");

    assertThat(ran.status()).isZero();
    assertThat(ran.out()).contains("Usage: tenon", "demo", "run", "config", "3   wrong config");
    assertThat(ran.err()).isEmpty();
  }

  @Test
  void main_unknownOptionWithControlCharacters_showsThemEscaped() {
    Ran ran = Ran.with("demo", "--x\u001b[2J\n", "file");

    assertThat(ran.err()).contains("--x\\u001b[2J\\u000a").doesNotContain("\u001b");
  }

  /** A file may be called {@code @x}: it is no file of arguments, even if there is an x. */
  @Test
  void demo_fileWithAtSign_isAFile(@TempDir Path folder) throws IOException {
    Path arguments = Files.writeString(folder.resolve("x"), "--help");

    Ran ran = Ran.with("demo", "@" + arguments);

    assertThat(ran.status()).isEqualTo(2);
    assertThat(ran.err()).isEqualTo("@" + arguments + ": no such file\n");
  }
}
