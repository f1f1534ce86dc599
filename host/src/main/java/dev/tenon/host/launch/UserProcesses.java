package dev.tenon.host.launch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.tenon.core.Printable;
import dev.tenon.host.launch.Tools.Tool;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The processes of a user that belongs to one plugin. Thread-safe. Public for the host's other
 * package alone.
 */
public final class UserProcesses {
  private static final System.Logger LOG = System.getLogger(UserProcesses.class.getName());
  private static final int ROUNDS = 100;
  private static final int MOST_DESCRIBED = 20;
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration PAUSE = Duration.ofMillis(20);

  /** Ends all processes of a user but itself, at one stroke, if it has become that user. */
  private static final String KILL_ALL = "test \"$(/usr/bin/id -u)\" = \"$1\" && kill -KILL -1";

  /** How long that may take: it is the user's own process, which others of that user may stop. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final int uid;

  /**
   * A process as a person can tell it: its number, its program's name as the kernel keeps it, which
   * has no arguments, and when it started, where the system says.
   */
  public record Running(long pid, String program, Optional<Instant> started) {
    @Override
    public String toString() {
      return "pid " + pid + " (" + program + started.map(at -> ", since " + at).orElse("") + ")";
    }
  }

  /** Names a user, which is neither root nor our own. */
  public UserProcesses(int uid) {
    if (uid <= 0) {
      throw new IllegalArgumentException("uid: " + uid + " (expected: > 0)");
    }
    this.uid = uid;
  }

  /** Returns the ids of those that run; not of those that have ended and were not reaped yet. */
  public List<Long> running() {
    List<Long> running = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        if (isRunning(process)) {
          running.add(Long.valueOf(process.getFileName().toString()));
        }
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "/proc cannot be read: {0}", e.getMessage());
    }
    return running;
  }

  /** Returns those that run, as a person can tell them; at most 20. */
  public List<Running> described() {
    return running().stream()
        .limit(MOST_DESCRIBED)
        .map(
            pid ->
                new Running(
                    pid,
                    program(pid),
                    ProcessHandle.of(pid).flatMap(process -> process.info().startInstant())))
        .toList();
  }

  /** A process chooses its name itself. */
  private static String program(long pid) {
    try {
      return Printable.line(
          Files.readString(Path.of("/proc/" + pid + "/comm"), ISO_8859_1).strip());
    } catch (IOException e) {
      return "ended";
    }
  }

  private boolean isRunning(Path process) {
    boolean isOfUser = false;
    try {
      for (String line : Files.readAllLines(process.resolve("status"))) {
        if (line.startsWith("State:") && line.matches("State:\\s+[ZX].*")) {
          return false;
        }
        if (line.startsWith("Uid:")) { // real, effective, saved, of the file system
          isOfUser = line.matches("Uid:(\\s+\\d+)*\\s+" + uid + "\\b.*");
        }
      }
    } catch (IOException e) {
      return false; // It has ended meanwhile.
    }
    return isOfUser;
  }

  /** Waits until none runs, for {@code patience} at most, and returns whether none does. */
  public boolean awaitNone(Duration patience) throws InterruptedException {
    long begin = System.nanoTime();
    for (List<Long> left = running(); !left.isEmpty(); left = running()) {
      if (System.nanoTime() - begin >= patience.toNanos()) {
        return false;
      }
      awaitEnd(left.get(0));
    }
    return true;
  }

  /** Waits a moment for the end of a process, which need not be a child of this one. */
  private static void awaitEnd(long process) throws InterruptedException {
    Optional<ProcessHandle> handle = ProcessHandle.of(process);
    if (handle.isPresent()) {
      try {
        var unused = handle.get().onExit().get(PAUSE.toNanos(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        return; // The caller looks again, and knows for how long.
      } catch (ExecutionException e) {
        throw new IllegalStateException("the end of process " + process + " is not told", e);
      }
    }
  }

  /**
   * Ends them all, also those that start others all the time, and returns whether none is left: at
   * one stroke, as that user, which a host has to be able to become, and those that are left one by
   * one, as root may.
   */
  public boolean killAll() {
    long begin = System.nanoTime();
    for (int round = 0; round < ROUNDS && System.nanoTime() - begin < LIMIT.toNanos(); round++) {
      if (running().isEmpty()) {
        return true;
      }
      try {
        kill();
        if (awaitNone(PAUSE)) {
          return true;
        }
        killEach();
      } catch (IOException e) {
        LOG.log(Level.WARNING, "processes of uid {0} cannot be ended: {1}", uid, e.getMessage());
        return false;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return false;
  }

  private void kill() throws IOException, InterruptedException {
    Optional<Path> setpriv = Tools.SYSTEM.find(Tool.SETPRIV);
    if (setpriv.isEmpty()) {
      throw new IOException("no setpriv (expected: the package util-linux installed)");
    }
    Process kill = atOneStroke(setpriv.get()).start();
    try {
      kill.getOutputStream().close();
      if (!kill.waitFor(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
        LOG.log(Level.WARNING, "what ends the processes of uid {0} was stopped", uid);
      }
    } finally {
      kill.destroyForcibly();
    }
  }

  /** Returns what becomes that user and ends all its processes; the user sees all of it. */
  ProcessBuilder atOneStroke(Path setpriv) {
    ProcessBuilder builder =
        new ProcessBuilder(
                setpriv.toString(),
                "--reuid=" + uid,
                "--regid=" + uid,
                "--clear-groups",
                "--no-new-privs",
                "--",
                "/bin/sh",
                "-c",
                KILL_ALL,
                "sh",
                Integer.toString(uid))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().clear(); // that user reads it
    return builder;
  }

  private void killEach() {
    for (long process : running()) {
      // The handle first: it ends no other process that has got the number since.
      ProcessHandle.of(process)
          .filter(handle -> isRunning(Path.of("/proc/" + process)))
          .ifPresent(ProcessHandle::destroyForcibly);
    }
  }
}
