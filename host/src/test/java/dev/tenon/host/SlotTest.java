package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.Health;
import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.core.Version;
import dev.tenon.host.control.BackendChannels;
import dev.tenon.host.control.PluginRun;
import dev.tenon.host.control.RunReports;
import dev.tenon.host.launch.Isolation;
import dev.tenon.host.launch.Launch;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.launch.PluginRuntime;
import io.grpc.inprocess.InProcessChannelBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The state machine of a plugin, with a clock that the test moves and runs that the test ends. */
class SlotTest {
  private static final Version VERSION = new Version("1.0.0");
  private static final PluginDefinition PLUGIN =
      new PluginDefinition(new PluginName("words"), VERSION, new NoRuntime());
  private static final Duration STABLE = Duration.ofMinutes(1);

  private final Outside outside = new Outside();
  private final Slot slot = slot(RestartPolicy.DEFAULT);
  private int runs;

  /** Nothing is launched here. */
  private record NoRuntime() implements PluginRuntime {
    @Override
    public LaunchedPlugin launch(Launch launch) {
      throw new AssertionError("launched");
    }

    @Override
    public Isolation isolation() {
      return Isolation.NONE;
    }
  }

  /** Writes down what the slot asks for. */
  private static final class Outside implements Slot.Outside {
    private long nanos;
    private final List<String> states = new ArrayList<>();
    private final List<Duration> pauses = new ArrayList<>();

    @Override
    public long nanos() {
      return nanos;
    }

    @Override
    public void changed(Slot.Change change) {
      assertThat(change.before().leadsTo(change.now())).as("%s", change).isTrue();
      states.add(change.now().label());
    }

    @Override
    public void restart(Slot restarted, Duration pause) {
      pauses.add(pause);
    }
  }

  private Slot slot(RestartPolicy policy) {
    return new Slot(PLUGIN, policy, new Random(1), outside);
  }

  private Plugins.Started launch(Slot into) {
    RuntimeId id = new RuntimeId("words-%016x".formatted(++runs));
    SpiffeId.OfHost host = new SpiffeId.OfHost(new TrustDomain("test.internal"), "h-1");
    BackendChannels channels =
        new BackendChannels(() -> InProcessChannelBuilder.forName("nobody").build());
    Plugins.Started run =
        new Plugins.Started(
            into, new PluginRun(new SpiffeId.OfPlugin(host, id), VERSION, channels));
    into.take(run);
    return run;
  }

  private Plugins.Started healthy(Slot into) {
    Plugins.Started run = launch(into);
    RunReports.report(run.run(), Health.HEALTHY);
    return run;
  }

  private static void crash(Plugins.Started run) {
    run.run().ended("ended with status 1");
  }

  /** Row: LC-5. */
  @Test
  void run_comesUpAndIsStopped_goesThroughTheStates() {
    assertThat(slot.state()).isEqualTo(new PluginState.Configured());
    slot.keep();
    Plugins.Started run = healthy(slot);
    RunReports.report(run.run(), Health.DEGRADED);
    RunReports.report(run.run(), Health.UNHEALTHY);
    RunReports.report(run.run(), Health.HEALTHY);
    run.run().stopping();
    run.run().ended("was stopped");

    assertThat(outside.states)
        .containsExactly(
            "starting", "healthy", "degraded", "unhealthy", "healthy", "draining", "stopped");
    assertThat(outside.pauses).isEmpty();
  }

  /**
   * Each crash is followed by a longer pause, and the sixth in a row is the last. Row: LC-5, LC-25.
   */
  @Test
  void run_crashesAgainAndAgain_failsAfterFiveRestarts() {
    slot.keep();
    crash(healthy(slot));
    for (int attempt = 1; attempt <= 5; attempt++) {
      assertThat(slot.state())
          .isEqualTo(new PluginState.Restarting(attempt, "ended with status 1"));
      assertThat(slot.isDue()).isTrue();
      crash(launch(slot));
    }

    assertThat(slot.state())
        .isEqualTo(new PluginState.Failed("ended with status 1, after 5 restarts"));
    assertThat(slot.isDue()).isFalse();
    assertThat(outside.pauses).hasSize(5).isSortedAccordingTo(Duration::compareTo);
  }

  /** A run that was up for long makes the next crash the first; one that was not does not. */
  @Test
  void run_upForLong_nextCrashIsTheFirst() {
    slot.keep();
    crash(healthy(slot));
    Plugins.Started shortRun = healthy(slot);
    outside.nanos += STABLE.toNanos() - 1;
    crash(shortRun);
    assertThat(slot.state())
        .isInstanceOf(PluginState.Restarting.class)
        .hasFieldOrPropertyWithValue("attempt", 2);

    Plugins.Started longRun = healthy(slot);
    outside.nanos += STABLE.toNanos();
    crash(longRun);

    assertThat(slot.state()).hasFieldOrPropertyWithValue("attempt", 1);
  }

  /** Revocation is not undone by a restart. Row: LC-5. */
  @Test
  void run_isDistrusted_failsAtOnce() {
    slot.keep();
    Plugins.Started run = healthy(slot);
    RunReports.distrust(run.run());
    run.run().ended("was revoked");

    assertThat(slot.state()).isEqualTo(new PluginState.Failed("was revoked"));
    assertThat(outside.pauses).isEmpty();
  }

  @Test
  void run_crashesWhileItDrains_isNotFollowed() {
    slot.keep();
    Plugins.Started run = healthy(slot);
    run.run().draining();
    crash(run);

    assertThat(slot.state()).isEqualTo(new PluginState.Failed("ended with status 1"));
    assertThat(outside.pauses).isEmpty();
  }

  /** What the host starts without is tried again like what crashed, and given up like it. */
  @Test
  void run_notRequiredAndNeverCameUp_isFollowedAndFailsInTheEnd() {
    slot.keep();
    slot.followFromTheFirst();
    for (int attempt = 1; attempt <= 5; attempt++) {
      crash(launch(slot));
      assertThat(slot.state())
          .isEqualTo(new PluginState.Restarting(attempt, "ended with status 1"));
    }
    crash(launch(slot));

    assertThat(slot.state())
        .isEqualTo(new PluginState.Failed("ended with status 1, after 5 restarts"));
  }

  /** A first start that fails is for whoever asked for it to know. */
  @Test
  void run_neverCameUp_isNotFollowed() {
    slot.keep();
    crash(launch(slot));

    assertThat(slot.state()).isEqualTo(new PluginState.Failed("ended with status 1"));
    assertThat(outside.pauses).isEmpty();
  }

  @Test
  void run_crashesWithoutRestarts_failsAtOnce() {
    Slot never = slot(RestartPolicy.NEVER);
    never.keep();
    crash(healthy(never));

    assertThat(never.state()).isEqualTo(new PluginState.Failed("ended with status 1"));
    assertThat(outside.pauses).isEmpty();
  }

  /** A launch that fails counts like a run that ends, once. */
  @Test
  void launch_fails_countsAsARun() {
    slot.keep();
    Plugins.Started run = healthy(slot);
    crash(run);

    slot.notLaunched(Optional.of(run), "could not be started");
    assertThat(slot.state()).isEqualTo(new PluginState.Restarting(2, "could not be started"));

    crash(launch(slot)); // this one was taken in before its launch failed
    slot.notLaunched(Optional.of(run), "could not be started");
    assertThat(slot.state()).isEqualTo(new PluginState.Restarting(3, "ended with status 1"));
  }

  @Test
  void release_whileItWaits_staysStopped() {
    slot.keep();
    crash(healthy(slot));
    slot.release();

    assertThat(slot.state()).isEqualTo(new PluginState.Stopped());
    assertThat(slot.isDue()).isFalse();
    assertThatThrownBy(() -> launch(slot))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("plugin words: stopped (expected: a state that leads to starting)");
  }
}
