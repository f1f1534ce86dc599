package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script {@code tenon} where the JDK or Maven is missing, too old or too new. */
final class TenonScriptToolsTest extends ScriptTree {
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
}
