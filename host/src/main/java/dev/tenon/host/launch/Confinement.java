package dev.tenon.host.launch;

import dev.tenon.auth.config.ConfigTable;
import dev.tenon.host.launch.Tools.Tool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Under which user, in which namespaces and with which limits a plugin's program is started: the
 * programs and their arguments that come before its own. Never a shell.
 *
 * @param uid the plugin's own user, also the number of its group; empty: the host's
 */
record Confinement(
    Isolation isolation, OptionalInt uid, ProcessLimits limits, Sandbox sandbox, Tools tools) {
  private static final long NOBODY = 65_534;

  /** That of the host itself. */
  static final Confinement SHARED =
      new Confinement(
          Isolation.SHARED_UID,
          OptionalInt.empty(),
          ProcessLimits.NONE,
          Sandbox.DEFAULT,
          Tools.SYSTEM);

  /** Reads the keys {@code isolation} and {@code uid} and the tables of its limits and sandbox. */
  static Confinement read(ConfigTable toml) {
    Isolation isolation = toml.requiredParsed("isolation", Isolation::parse, Isolation.SHARED_UID);
    return new Confinement(
        isolation,
        uid(toml, isolation),
        ProcessLimits.read(toml.table("limits"), isolation),
        Sandbox.read(toml, isolation),
        Tools.SYSTEM);
  }

  private static OptionalInt uid(ConfigTable toml, Isolation isolation) {
    Optional<Long> uid = toml.integer("uid");
    if (uid.isEmpty()) {
      if (isolation == Isolation.OWN_UID) {
        toml.problem("uid", "nothing (expected: the number of a user that nothing else uses)");
      }
      return OptionalInt.empty();
    }
    if (!isolation.hasOwnPlace()) {
      toml.problem("uid", "got " + uid.get() + " (expected: only with own-uid or sandbox)");
    } else if (uid.get() < 1 || uid.get() >= Integer.MAX_VALUE || uid.get() == NOBODY) {
      toml.problem(
          "uid", "got " + uid.get() + " (expected: 1 to 2147483646, and not nobody's 65534)");
    }
    return OptionalInt.of((int) (long) uid.get());
  }

  /** Who is started: the program with its arguments, and what it sees of the plugin's. */
  record Started(List<String> command, List<Path> toRead, Launch launch) {}

  /**
   * Returns the whole command.
   *
   * @throws LaunchException if what was asked for is not to be had here
   */
  List<String> command(Started started) throws LaunchException {
    String what = "plugin " + started.launch().runtimeId().plugin() + ": isolation " + isolation;
    List<String> command =
        switch (isolation) {
          case SANDBOX -> inSandbox(started, what);
          case OWN_UID -> new ArrayList<>(setpriv(what, "KILL"));
          case SHARED_UID, NONE, REMOTE ->
              tools.find(Tool.SETPRIV).isPresent()
                  ? new ArrayList<>(setpriv(what, "KILL"))
                  : new ArrayList<>();
        };
    if (isolation.hasOwnPlace() || !limits.isNone() || tools.find(Tool.PRLIMIT).isPresent()) {
      command.add(tools.require(Tool.PRLIMIT, what + " with limits"));
      command.addAll(limits.options());
    }
    command.addAll(started.command());
    return command;
  }

  /** In a sandbox bwrap sees to the death signal; the inner process is not the host's child. */
  private List<String> inSandbox(Started started, String what) throws LaunchException {
    if (uid.isEmpty() && OwnUser.isRoot()) {
      throw new LaunchException(
          what + ": the host is root (expected: uid = N, a user that nothing else uses)");
    }
    Path directory =
        started
            .launch()
            .directory()
            .orElseThrow(
                () ->
                    new LaunchException(
                        what + ": no Unix sockets here (expected: Linux, with epoll)"));
    String bwrap = tools.require(Tool.BWRAP, what);
    Sandbox.tryOut(bwrap, what);
    List<String> command = new ArrayList<>();
    command.add(bwrap);
    Path state = started.launch().state();
    try {
      command.addAll(
          sandbox.options(
              new Sandbox.Own(started.toRead(), List.of(state, directory), state),
              uid.isPresent()));
    } catch (IOException e) {
      throw new LaunchException(what + ": the system's folders cannot be read: " + e, e);
    }
    command.add("--");
    if (uid.isPresent()) {
      command.addAll(setpriv(what, "keep"));
    }
    return command;
  }

  private List<String> setpriv(String what, String deathSignal) throws LaunchException {
    List<String> command = new ArrayList<>();
    command.add(tools.require(Tool.SETPRIV, what));
    if (uid.isPresent()) {
      command.add("--reuid=" + uid.getAsInt());
      command.add("--regid=" + uid.getAsInt());
      command.add("--clear-groups");
      command.add("--inh-caps=-all");
      command.add("--bounding-set=-all");
    }
    command.add("--no-new-privs");
    command.add("--pdeathsig=" + deathSignal);
    command.add("--");
    return command;
  }
}
