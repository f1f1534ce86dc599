package dev.tenon.host.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class UserProcessesTest {
  /** The shell is of the plugin's user, who reads its environment in /proc. Row: LC-16. */
  @Test
  void atOneStroke_environmentOfTheHost_isNotHandedOn() {
    assertThat(System.getenv()).isNotEmpty();

    ProcessBuilder shell = new UserProcesses(70_000).atOneStroke(Path.of("/usr/bin/setpriv"));

    assertThat(shell.environment()).isEmpty();
    assertThat(shell.command()).startsWith("/usr/bin/setpriv", "--reuid=70000", "--regid=70000");
  }
}
