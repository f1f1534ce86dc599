package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.auth.limit.Rates;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.PluginState;
import dev.tenon.host.HostLimits;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginEvent;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.host.RestartPolicy;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** How soon calls are answered again after a plugin's process was killed. */
public final class Recoveries {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** Between a call that failed and the next: who is to come back needs the processors too. */
  private static final long PAUSE_NANOS = 2_000_000;

  /** Answers in a row that say that calls are answered again. */
  private static final int ROW = 20;

  /** Each crash counts as the first: nothing here lasts for less than a nanosecond. */
  private static final RestartPolicy FIRST_TRY =
      new RestartPolicy(100, Duration.ofMillis(200), Duration.ofMillis(200), Duration.ofNanos(1));

  private static final Rate MOST = new Rate(Rates.MOST, Rates.MOST);

  private static final String POLICY =
      """
      [[provide]]
      plugin = "%s"
      services = ["%s"]

      [[rule]]
      id = "host-calls"
      effect = "allow"
      caller = "host"
      service = "%s"
      """
          .formatted(PidPlugin.NAME, PidPlugin.SERVICE, PidPlugin.SERVICE);

  private final int kills;
  private final Consumer<String> progress;
  private final Map<String, Long> launchedNanos = new ConcurrentHashMap<>();

  /**
   * Prepares the measurement.
   *
   * @param kills how often a process is killed with a standby, and alone; without an archive a
   *     fifth of it
   */
  public Recoveries(int kills, Consumer<String> progress) {
    this.kills = kills;
    this.progress = requireNonNull(progress, "progress");
  }

  /**
   * Measures, and returns the section of docs/performance.md, which ends with a line feed.
   *
   * @throws IOException if a plugin does not come back
   */
  public String section() throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("tenon-bench", Private.FOLDER);
    try {
      PidProgram program = PidProgram.in(folder);
      archive(folder, program);
      List<String> archived = List.of("-XX:SharedArchiveFile=" + program.archive());
      program.describe(2, archived);
      KillTimes standby = withStandby(folder, program);
      program.describe(1, archived);
      KillTimes alone = alone("alone", kills, folder, program);
      program.describe(1, List.of());
      int fewer = (kills + 4) / 5;
      return KillTimes.section(
          standby, alone, alone("alone, without an archive", fewer, folder, program));
    } finally {
      Folders.delete(folder);
    }
  }

  private PluginHost host(Path folder, PidProgram program, Duration grace) throws IOException {
    try {
      return PluginHost.builder()
          .plugins(program.plugins())
          .policy(Policy.parse(POLICY))
          .state(folder.resolve("state"))
          .run(folder.resolve("run"))
          .limits(HostLimits.DEFAULT.with(Limited.CALL, MOST).with(Limited.ENROL, MOST))
          .restart(FIRST_TRY)
          .listener(this::changed)
          .startLimits(LIMIT, LIMIT)
          .stopGrace(grace)
          .start();
    } catch (ConfigException | HostStartException e) {
      throw new IOException(e);
    }
  }

  private PluginHost host(Path folder, PidProgram program) throws IOException {
    return host(folder, program, Duration.ofMillis(200));
  }

  /** Notes when a run that follows another was launched: the end of its back-off. */
  private void changed(PluginEvent event) {
    if (event.before() instanceof PluginState.Restarting
        && event.now() instanceof PluginState.Starting) {
      launchedNanos.put(event.run().orElseThrow().value(), System.nanoTime());
    }
  }

  /**
   * Kills, of two, the one that answers. The other has had no call before: calls go to the first
   * that registered.
   */
  private KillTimes withStandby(Path folder, PidProgram program)
      throws IOException, InterruptedException {
    KillTimes times = new KillTimes("a standby");
    try (PluginHost host = host(folder, program)) {
      for (int i = 0; i < kills; i++) {
        tell("a standby", i, kills);
        awaitUp(host, 2);
        Calls calls = new Calls(host);
        long serving = calls.answerer();
        long killed = System.nanoTime();
        kill(serving);
        long again = calls.firstOfARow(serving);
        times.add(again - killed, calls.failed());
      }
    }
    return times;
  }

  /** Kills the only one. Its time begins when the next is launched. */
  private KillTimes alone(String name, int kills, Path folder, PidProgram program)
      throws IOException, InterruptedException {
    KillTimes times = new KillTimes(name);
    try (PluginHost host = host(folder, program)) {
      for (int i = 0; i < kills; i++) {
        tell(name, i, kills);
        awaitUp(host, 1);
        Calls calls = new Calls(host);
        long serving = calls.answerer();
        kill(serving);
        long again = calls.firstOfARow(serving);
        times.add(again - launchedNanos(host.plugins().get(0).runtimeId().value()), calls.failed());
      }
    }
    return times;
  }

  /** Returns when {@code run} was launched; the host tells of it on a thread of its own. */
  private long launchedNanos(String run) throws IOException {
    long begun = System.nanoTime();
    Long launched = launchedNanos.get(run);
    while (launched == null) {
      if (System.nanoTime() - begun > LIMIT.toNanos()) {
        throw new IOException("run " + run + ": its launch was not told (expected: an event)");
      }
      LockSupport.parkNanos(PAUSE_NANOS);
      launched = launchedNanos.get(run);
    }
    return launched;
  }

  /** Has one run write the archive of its classes, which it does at its end. */
  private void archive(Path folder, PidProgram program) throws IOException {
    program.describe(1, List.of("-XX:ArchiveClassesAtExit=" + program.archive()));
    try (PluginHost host = host(folder, program, LIMIT)) {
      long unused = new Calls(host).answerer();
    }
    if (!Files.isReadable(program.archive())) {
      throw new IOException(program.archive() + ": not written (expected: by the JVM at its end)");
    }
  }

  private void tell(String name, int kill, int kills) {
    if (kill % 50 == 0) {
      progress.accept("recovery, " + name + ", kill " + (kill + 1) + " of " + kills);
    }
  }

  private static void kill(long pid) throws IOException {
    boolean killed = ProcessHandle.of(pid).map(ProcessHandle::destroyForcibly).orElse(false);
    if (!killed) {
      throw new IOException("process " + pid + ": not there (expected: the plugin's)");
    }
  }

  /** Waits until {@code runs} are there and registered. */
  private static void awaitUp(PluginHost host, int runs) throws IOException {
    long begun = System.nanoTime();
    while (up(host) != runs || host.registrations().size() != runs) {
      if (System.nanoTime() - begun > LIMIT.toNanos()) {
        throw new IOException("plugins: " + host.plugins() + " (expected: " + runs + " up)");
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private static long up(PluginHost host) {
    return host.plugins().stream().map(PluginStatus::state).filter(PluginState::isUp).count();
  }

  /** Calls, each made once, and how many of them failed. */
  private static final class Calls {
    private final PluginHost host;
    private final List<Long> failedNanos = new ArrayList<>();

    Calls(PluginHost host) {
      this.host = host;
    }

    int failed() {
      return failedNanos.size();
    }

    /** Calls until there is an answer, and returns whose it is. */
    long answerer() throws IOException {
      long begun = System.nanoTime();
      while (true) {
        try {
          return host.client(PidPlugin.Stub::new).pid();
        } catch (StatusRuntimeException e) {
          failedNanos.add(System.nanoTime());
          if (System.nanoTime() - begun > LIMIT.toNanos()) {
            throw new IOException("no answer", e);
          }
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      }
    }

    /** Calls until others answer many times in a row, and returns when the first of them did. */
    long firstOfARow(long killed) throws IOException {
      long first = 0;
      int row = 0;
      while (row < ROW) {
        int failedBefore = failed();
        long next = answerer();
        if (failed() > failedBefore || next == killed) { // the kill is not instant
          row = 0;
        }
        if (next != killed && row++ == 0) {
          first = System.nanoTime();
        }
      }
      return first;
    }
  }
}
