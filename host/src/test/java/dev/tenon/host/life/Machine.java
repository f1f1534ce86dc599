package dev.tenon.host.life;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What tests of isolation need of the machine: skipped without it, and failing where CI is. */
final class Machine {
  private static final boolean IS_CI = "true".equals(System.getenv("CI"));

  private Machine() {}

  /** Requires that the test may start processes of other users. */
  static void requireRoot() throws IOException {
    require(isRoot(), "only root can start processes of another user");
    require(Files.isExecutable(Path.of("/usr/bin/setpriv")), "setpriv is not installed");
  }

  static boolean isRoot() throws IOException {
    return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
  }

  /** Requires bwrap, and skips also where it is there and the kernel lets it make nothing. */
  static void requireSandbox() throws IOException, InterruptedException {
    require(Files.isExecutable(Path.of("/usr/bin/bwrap")), "bubblewrap is not installed");
    Process trial =
        new ProcessBuilder(
                List.of(
                    "/usr/bin/bwrap",
                    "--unshare-pid",
                    "--ro-bind",
                    "/",
                    "/",
                    "--proc",
                    "/proc",
                    "/bin/true"))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assumeTrue(trial.waitFor() == 0, "the kernel lets bwrap make no namespaces here");
  }

  private static void require(boolean there, String what) {
    if (!there && IS_CI && !what.startsWith("only root")) {
      throw new AssertionError(what + " (expected: on CI)");
    }
    assumeTrue(there, what);
  }
}
