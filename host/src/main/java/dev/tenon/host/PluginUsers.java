package dev.tenon.host;

import static java.util.stream.Collectors.joining;

import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.host.launch.UserProcesses;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The users that living runs have instead of the host's own, each for one plugin alone.
 * Thread-safe.
 */
final class PluginUsers {
  private static final System.Logger LOG = System.getLogger(PluginUsers.class.getName());

  /** How long processes that were ended a moment ago may take to be gone. */
  private static final Duration TO_BE_GONE = Duration.ofSeconds(2);

  private final OptionalInt own;

  /*
   * Writers take `this`, and publish the next map with a volatile write; readers load it once. Under
   * `this` processes are looked for and ended, so that a user is not given out again while they are.
   */
  private volatile Map<RuntimeId, Integer> byRun = Map.of();

  /** Makes it for a host whose own user is {@code own}, where sockets tell users. */
  PluginUsers(OptionalInt own) {
    this.own = own;
  }

  /**
   * Gives the user {@code uid} to {@code run}.
   *
   * @throws HostStartException if it is the host's own, another plugin's, or runs something
   */
  synchronized void take(RuntimeId run, int uid) throws HostStartException {
    PluginName plugin = run.plugin();
    if (own.equals(OptionalInt.of(uid))) {
      throw refused(plugin, uid, "is the host's own user (expected: another)");
    }
    boolean isFirst = true;
    for (Map.Entry<RuntimeId, Integer> taken : byRun.entrySet()) {
      if (taken.getValue() == uid) {
        isFirst = false;
        if (!taken.getKey().plugin().equals(plugin)) {
          throw refused(
              plugin, uid, "is that of plugin " + taken.getKey().plugin() + " (expected: its own)");
        }
      }
    }
    if (isFirst && !isFree(uid)) {
      List<UserProcesses.Running> left = new UserProcesses(uid).described();
      throw refused(
          plugin,
          uid,
          "runs other processes: "
              + left.stream().map(UserProcesses.Running::toString).collect(joining(", "))
              + " (expected: a user that nothing else uses; what a killed host has left of a plugin"
              + " ends with: kill -KILL "
              + left.stream().map(process -> "" + process.pid()).collect(joining(" "))
              + ")");
    }
    Map<RuntimeId, Integer> next = new HashMap<>(byRun);
    next.put(run, uid);
    byRun = Map.copyOf(next);
  }

  private static HostStartException refused(PluginName plugin, int uid, String why) {
    return new HostStartException(
        HostStartException.Kind.CONFIGURATION, "plugin " + plugin + ": uid " + uid + " " + why);
  }

  private static boolean isFree(int uid) {
    try {
      return new UserProcesses(uid).awaitNone(TO_BE_GONE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Takes the user of {@code run}, which has ended, back; with the last run of its plugin whatever
   * it left running ends. Idempotent.
   */
  synchronized void release(RuntimeId run) {
    Map<RuntimeId, Integer> next = new HashMap<>(byRun);
    Integer uid = next.remove(run);
    if (uid == null) {
      return;
    }
    byRun = Map.copyOf(next);
    if (!byRun.containsValue(uid) && !new UserProcesses(uid).killAll()) {
      LOG.log(Level.WARNING, "processes of plugin {0} are left, with uid {1}", run.plugin(), uid);
    }
  }

  /** Returns whether a process of the user {@code uid} is, perhaps, a plugin. */
  boolean hasUser(int uid) {
    return byRun.containsValue(uid);
  }

  /** Returns the user whose processes are {@code run}; empty where sockets do not tell users. */
  OptionalInt of(RuntimeId run) {
    Integer uid = byRun.get(run);
    return uid == null ? own : OptionalInt.of(uid);
  }

  /** Returns whether a process of the user {@code uid} may be {@code run}. */
  boolean admits(RuntimeId run, int uid) {
    return of(run).equals(OptionalInt.of(uid));
  }
}
