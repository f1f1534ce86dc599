package dev.tenon.testing.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The scripts that make the audit log append-only: what they say, and in which order. */
class AuditDeployTest {
  private static final Path SCRIPTS = Repository.here().root().resolve("deploy/audit");

  /** The attribute is lifted before the file is moved and set on the new one after. Row: DP-3. */
  @Test
  void logrotate_hooks_liftBeforeAndSetAfter() throws Exception {
    List<String> lines = lines("logrotate.conf");

    assertThat(lines)
        .containsSubsequence(
            "prerotate",
            "/usr/lib/tenon/audit/append-only.sh lift /var/lib/tenon/audit.jsonl",
            "endscript",
            "postrotate",
            "/usr/lib/tenon/audit/append-only.sh set /var/lib/tenon/audit.jsonl",
            "endscript")
        .contains("nocopytruncate", "delaycompress", "create 0600 tenon tenon")
        .doesNotContain("copytruncate", "sharedscripts");
  }

  /** The script sets and lifts the one attribute, and takes nothing else. Row: DP-3. */
  @Test
  void appendOnly_text_setsAndLiftsTheAttribute() throws Exception {
    assertThat(lines("append-only.sh"))
        .contains(
            "set -eu",
            "set) exec chattr +a -- \"$file\" ;;",
            "lift) exec chattr -a -- \"$file\" ;;");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void appendOnly_wrongUse_two(@TempDir Path folder) throws Exception {
    Path file = Files.createFile(folder.resolve("audit.jsonl"));

    assertThat(run("set")).isEqualTo(2);
    assertThat(run("remove", file.toString())).isEqualTo(2);
    assertThat(run("set", folder.resolve("none").toString())).isEqualTo(2);
  }

  private static int run(String... arguments) throws Exception {
    ProcessBuilder script =
        new ProcessBuilder("sh", SCRIPTS.resolve("append-only.sh").toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    script.command().addAll(List.of(arguments));
    Process process = script.start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  /** On Windows appending is granted, and writing over and deleting are denied. Row: DP-11. */
  @Test
  void icacls_text_grantsAppendAndDeniesWriteAndDelete() throws Exception {
    assertThat(lines("append-only.ps1"))
        .containsSubsequence(
            "icacls $File /inheritance:r",
            "icacls $File /grant:r \"${Account}:(AD,RD,RA,REA,RC,S)\"",
            "icacls $File /deny \"${Account}:(WD,DE)\"");
  }

  private static List<String> lines(String script) throws IOException {
    return Files.readAllLines(SCRIPTS.resolve(script)).stream().map(String::strip).toList();
  }
}
