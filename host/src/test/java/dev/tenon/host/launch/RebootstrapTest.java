package dev.tenon.host.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.RuntimeId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Further bootstrap lines on the standard input of a plugin's process. */
class RebootstrapTest {
  private static final RuntimeId ID = new RuntimeId("lines-0123456789abcdef");

  @TempDir private Path home;

  @Test
  void rebootstrap_process_readsTheLineAfterTheFirst() throws Exception {
    LaunchedPlugin plugin = launch("read first; read second; echo \"$first then $second\"");

    plugin.rebootstrap("two\n");

    assertThat(plugin.exit().get(30, TimeUnit.SECONDS)).isZero();
    assertThat(plugin.lastOutput()).containsExactly("one then two");
  }

  @Test
  void rebootstrap_processHasEnded_isAnError() throws Exception {
    LaunchedPlugin plugin = launch("read first");
    plugin.exit().get(30, TimeUnit.SECONDS);

    assertThatThrownBy(() -> plugin.rebootstrap("two\n"))
        .isInstanceOf(IOException.class)
        .hasMessage("standard input is closed (expected: a plugin that reads it)");
  }

  private LaunchedPlugin launch(String script) throws Exception {
    Path program = home.resolve("program");
    Files.writeString(program, "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    return new ProcessRuntime(
            home, List.of("program"), Sha256.of(program), Map.of(), Confinement.SHARED)
        .launch(new Launch(ID, home, "one\n"));
  }
}
