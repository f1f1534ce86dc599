package dev.tenon.host.life;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What the kernel says about processes; one that has ended and waits to be reaped is not running.
 */
final class ProcessTable {
  private static final Path PROC = Path.of("/proc");

  private ProcessTable() {}

  static boolean isRunning(long pid) {
    String state = stat(pid);
    return !state.isEmpty() && !state.startsWith("Z") && !state.startsWith("X");
  }

  /** Returns the running processes whose arguments name {@code path}. */
  static List<Long> mentioning(Path path) {
    return pids().stream()
        .filter(pid -> isRunning(pid) && read(pid, "cmdline").contains(path.toString()))
        .toList();
  }

  /** Returns the children of this process that have ended and were not reaped. */
  static List<Long> zombies() {
    String ours = " " + ProcessHandle.current().pid() + " ";
    return pids().stream().filter(pid -> stat(pid).startsWith("Z" + ours)).toList();
  }

  /** Returns {@code cmdline} or {@code environ} of a process, or nothing once it is gone. */
  static String read(long pid, String file) {
    try {
      return Files.readString(PROC.resolve(Long.toString(pid)).resolve(file), ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  /** Returns state, parent and the rest, after the name in parentheses. */
  private static String stat(long pid) {
    String stat = read(pid, "stat");
    return stat.substring(stat.lastIndexOf(')') + 1).strip();
  }

  private static List<Long> pids() {
    List<Long> pids = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(PROC, "[0-9]*")) {
      entries.forEach(entry -> pids.add(Long.valueOf(entry.getFileName().toString())));
    } catch (IOException e) {
      throw new AssertionError("no /proc", e);
    }
    return pids;
  }

  /** Sends a signal to a process. */
  static void signal(String name, long pid) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start();
    assertThat(kill.waitFor(60, TimeUnit.SECONDS)).isTrue();
  }
}
