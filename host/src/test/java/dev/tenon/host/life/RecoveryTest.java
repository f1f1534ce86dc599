package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.Selection;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.PluginEvent;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.host.RestartPolicy;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.Deadline;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How soon calls are answered again after a provider was killed: that they are is asserted, how
 * long it took is written down. {@code -Dtenon.recoveries=500} says how often, {@code
 * -Dtenon.recoveries.file} where to.
 */
class RecoveryTest {
  private static final Duration SOON = Duration.ofMinutes(2);
  private static final int KILLS = Integer.getInteger("tenon.recoveries", 2);

  /** Calls in a row that say that calls are answered again. */
  private static final int ROW = 20;

  private static final PluginName ECHO = new PluginName("echo");
  private static final EchoRequest REQUEST = EchoRequest.getDefaultInstance();

  /** Between a call that failed and the next: who is to come back needs the processors too. */
  private static final long PAUSE_NANOS = 2_000_000;

  /** Longer than all runs of the test: each crash counts as the first. */
  private static final RestartPolicy FIRST_TRY =
      new RestartPolicy(100, Duration.ofMillis(200), Duration.ofMillis(200), Duration.ofNanos(1));

  private final Map<String, Long> restartedNanos = new ConcurrentHashMap<>();
  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
    home.java("echo", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  private HostBuilder described() throws Exception {
    return home.host().restart(FIRST_TRY).listener(this::changed);
  }

  /** Notes when a run that follows another was launched: the end of its back-off. */
  private void changed(PluginEvent event) {
    if (event.before() instanceof PluginState.Restarting
        && event.now() instanceof PluginState.Starting) {
      restartedNanos.put(event.run().orElseThrow().value(), System.nanoTime());
    }
  }

  private static List<PluginStatus> runs(PluginHost host) {
    return host.plugins().stream().filter(plugin -> plugin.name().equals(ECHO)).toList();
  }

  private static void awaitHealthy(PluginHost host, int runs) {
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(5))
        .until(
            () ->
                runs(host).stream().filter(run -> run.state().isUp()).count() == runs
                    && host.registrations().size() == runs);
  }

  /** Calls again and again, each once, and returns the first answer's process. */
  private static long call(PluginHost host, Recovery recovery) {
    Deadline limit = Deadline.after(SOON.toSeconds(), TimeUnit.SECONDS);
    while (true) {
      try {
        return host.client(EchoGrpc::newBlockingStub).unary(REQUEST).getPid();
      } catch (StatusRuntimeException e) {
        recovery.failed();
        if (limit.isExpired()) {
          throw e;
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  private static void kill(long pid) {
    assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue(); // SIGKILL
  }

  /** Times of one kind, with the calls that failed meanwhile. */
  private static final class Recovery {
    private final String what;
    private final List<Long> nanos = new ArrayList<>();
    private long failed;
    private int failedKills;

    Recovery(String what) {
      this.what = what;
    }

    void failed() {
      failed++;
    }

    void took(long time, long failedBefore) {
      nanos.add(time);
      failedKills += failed > failedBefore ? 1 : 0;
    }

    private String millis(double share) {
      List<Long> sorted = nanos.stream().sorted().toList();
      int index = (int) Math.ceil(share * sorted.size()) - 1;
      return String.format(Locale.ROOT, "%.1f", sorted.get(Math.max(0, index)) / 1e6);
    }

    List<String> lines(double load) {
      List<String> lines = new ArrayList<>();
      lines.add("case\t" + what);
      lines.add("kills\t" + nanos.size());
      lines.add("load\t" + String.format(Locale.ROOT, "%.1f", load));
      lines.add("failed calls\t" + failed);
      lines.add("kills with failed calls\t" + failedKills);
      for (double share : new double[] {0.5, 0.9, 0.99, 1}) {
        lines.add("p" + Math.round(share * 100) + " ms\t" + millis(share));
      }
      lines.add(
          "all ms\t"
              + nanos.stream()
                  .map(time -> String.format(Locale.ROOT, "%.1f", time / 1e6))
                  .toList());
      return lines;
    }
  }

  private static void write(Recovery recovery) throws IOException {
    String file = System.getProperty("tenon.recoveries.file", "");
    if (!file.isEmpty()) {
      double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
      Files.write(Path.of(file + "." + recovery.what), recovery.lines(load));
    }
  }

  /**
   * Of two runs the one that answers is killed: calls are answered by the other. As the first that
   * registered, the other has had no call before, and the host connects to it then; in turn, both
   * have.
   *
   * <p>Row: LC-5
   */
  @ParameterizedTest
  @ValueSource(strings = {"first", "round-robin"})
  void kill_providerWithAStandby_callsAreAnsweredAgain(String selection) throws Exception {
    home.also("echo", "instances = 2");
    Recovery recovery = new Recovery("standby-" + selection);
    HostBuilder described = described();
    if (selection.equals("round-robin")) {
      described.selection(EchoGrpc.SERVICE_NAME, Selection.Plain.ROUND_ROBIN);
    }
    try (PluginHost host = described.start()) {
      for (int kill = 0; kill < KILLS; kill++) {
        awaitHealthy(host, 2);
        Recovery before = new Recovery("before");
        long other = call(host, before);
        long serving = call(host, before);
        long failedBefore = recovery.failed;

        long killed = System.nanoTime();
        kill(serving);
        recovery.took(awaitRow(host, serving, recovery) - killed, failedBefore);

        assertThat(other).isPositive();
      }
    }
    write(recovery);
    assertThat(recovery.nanos).hasSize(KILLS);
  }

  /** Calls until a row of calls is answered by others, and returns when the first of it was. */
  private static long awaitRow(PluginHost host, long killed, Recovery recovery) {
    long first = 0;
    int row = 0;
    while (row < ROW) {
      long failedBefore = recovery.failed;
      long next = call(host, recovery);
      if (recovery.failed > failedBefore || next == killed) { // the kill is not instant
        row = 0;
      }
      if (next != killed && row++ == 0) {
        first = System.nanoTime();
      }
    }
    return first;
  }

  /**
   * The only run is killed: its successor answers, timed from the end of the back-off.
   *
   * <p>Row: LC-5
   */
  @Test
  void kill_onlyProvider_isBackAfterItsBackOff() throws Exception {
    Recovery recovery = new Recovery("single");
    try (PluginHost host = described().start()) {
      for (int kill = 0; kill < KILLS; kill++) {
        awaitHealthy(host, 1);
        long serving = call(host, new Recovery("before"));
        long failedBefore = recovery.failed;

        kill(serving);
        long next = call(host, recovery);
        while (next == serving) {
          next = call(host, recovery);
        }
        long answered = System.nanoTime();

        String run = runs(host).get(0).runtimeId().value();
        await().atMost(SOON).until(() -> restartedNanos.containsKey(run));
        recovery.took(answered - restartedNanos.get(run), failedBefore);
      }
    }
    write(recovery);
    assertThat(recovery.nanos).hasSize(KILLS);
  }
}
