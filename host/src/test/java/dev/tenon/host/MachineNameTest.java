package dev.tenon.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The name of the machine in the line of a host's start. */
class MachineNameTest {
  private static final String NAME = "canary-of-a-namespace";

  /** Prints it, for the test's process in another namespace. */
  public static void main(String[] args) {
    System.out.println(MachineName.read());
  }

  @Test
  void read_here_isTheKernels() throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/sys/kernel/hostname")), "not Linux");
    assertThat(MachineName.read())
        .isEqualTo(Files.readString(Path.of("/proc/sys/kernel/hostname")).strip());
  }

  /**
   * In a namespace where the machine has another name that one is read, whatever /etc/hostname
   * says.
   *
   * <p>Row: LC-9
   */
  @Test
  void read_inAnotherNamespace_isTheNameThere() throws Exception {
    Path unshare = Path.of("/usr/bin/unshare");
    assumeTrue(Files.isExecutable(unshare), "unshare is not installed");
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Process process =
        new ProcessBuilder(
                unshare.toString(),
                "--uts",
                "/bin/sh",
                "-c",
                "hostname "
                    + NAME
                    + " || exit 9; exec \"$0\" -XX:TieredStopAtLevel=1 -cp \"$1\" \"$2\"",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                classPath,
                MachineNameTest.class.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String printed = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assumeTrue(process.exitValue() == 0 || !printed.isEmpty(), "no namespaces for this user");

    assertThat(printed).isEqualTo(NAME);
  }
}
