package dev.tenon.router.http2;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The conformance cases of h2spec 2.2.0 against the router's own codec and stream handling, behind
 * TLS. The program is a native one for Linux; it comes inside a Maven plugin of that name.
 */
final class H2SpecTest {
  private static final String PROGRAM = "/h2spec/2.2.0/h2spec_linux_amd64.tar.gz";

  /**
   * All 145 cases, and none is skipped.
   *
   * <p>Attack: R7, R8
   */
  @Test
  void connection_byAllCasesOfH2spec_isConformant(@TempDir Path folder) throws Exception {
    assumeTrue(isLinuxOnAmd64(), "h2spec is a program for Linux on x86-64");
    Path program = unpacked(folder);

    String said;
    try (PlainServer server = new PlainServer()) {
      said =
          output(
              folder,
              List.of(
                  "timeout",
                  "240",
                  program.toString(),
                  "-t",
                  "-k",
                  "-o",
                  "10",
                  "-h",
                  "127.0.0.1",
                  "-p",
                  Integer.toString(server.port())));
    }

    assertThat(said).contains("145 tests, 145 passed, 0 skipped, 0 failed");
  }

  private static boolean isLinuxOnAmd64() {
    return System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")
        && System.getProperty("os.arch").equals("amd64");
  }

  private static Path unpacked(Path folder) throws Exception {
    Path archive = folder.resolve("h2spec.tar.gz");
    try (InputStream program = H2SpecTest.class.getResourceAsStream(PROGRAM)) {
      Files.copy(requireNonNull(program, PROGRAM), archive);
    }
    String said =
        output(folder, List.of("tar", "-xzf", archive.toString(), "-C", folder.toString()));
    Path unpacked = folder.resolve("h2spec");
    assertThat(unpacked).as(said).isExecutable();
    return unpacked;
  }

  private static String output(Path folder, List<String> command) throws Exception {
    Path said = folder.resolve("said");
    int unused =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start()
            .waitFor();
    return Files.readString(said);
  }
}
