package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a plugin process is born with. The programs print it and end, so that the host does not
 * start and reports what they printed.
 */
class ChildEnvironmentTest {
  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  /**
   * The child has its allow-list, and nothing else of the host's environment.
   *
   * <p>Row: LC-16
   */
  @Test
  void environment_isTheAllowListAlone() throws IOException {
    assertThat(printedBy("/usr/bin/env"))
        .containsExactlyInAnyOrder(
            "JAVA_HOME=" + System.getProperty("java.home"),
            "LANG=C.UTF-8",
            "LC_ALL=C",
            "TZ=UTC",
            "PATH=/usr/local/bin:/usr/bin:/bin",
            "TENON_BOOTSTRAP=stdin",
            "TENON_STATE=" + home.root().resolve("state/plugins/probe"),
            "TEST_HOME=" + home.root());
  }

  /**
   * The child has standard input, output and error, and no other file of the host.
   *
   * <p>Row: LC-22
   */
  @Test
  void files_areTheThreeStreamsAlone() throws IOException {
    assertThat(printedBy("/bin/ls", "/proc/self/fd"))
        .as("3 is the directory that ls itself has open")
        .containsExactly("0", "1", "2", "3");
  }

  /**
   * The arguments are those of plugin.toml, with the program's real path; no shell has seen them.
   *
   * <p>Row: LC-15
   */
  @Test
  void arguments_areThoseOfTheManifest() throws IOException {
    assertThat(printedBy("/bin/echo", "$HOME", "a  b", ";", "*")).containsExactly("$HOME a  b ; *");
  }

  private List<String> printedBy(String... command) throws IOException {
    Path program = Path.of(command[0]).toRealPath();
    home.describe("probe", TestHome.sha256(program), command);
    Map<String, String> environment =
        Map.of(
            "SECRET_X", "canary",
            "LD_LIBRARY_PATH", "/nowhere",
            "LANG", "C.UTF-8",
            "LC_ALL", "C",
            "TZ", "UTC");
    try (HostProgram host = HostProgram.start(home, environment)) {
      String refusal = host.awaitRefusal();
      assertThat(refusal).startsWith("plugin probe ended with status 0");
      return refusal
          .lines()
          .dropWhile(line -> !line.equals("its last output:"))
          .skip(1)
          .map(String::strip)
          .toList();
    }
  }
}
