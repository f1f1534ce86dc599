package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import io.grpc.Channel;
import io.grpc.Status;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * Many plugins that call at the same time, each over its own connection. {@code -Dtenon.load=60} is
 * the long form: a hundred plugins for so many seconds; what was measured is printed.
 */
class SteadyLoadTest {
  private static final int SECONDS = Integer.getInteger("tenon.load", 1);
  private static final int PLUGINS = SECONDS > 1 ? 100 : 10;

  /** Calls a second of each plugin: usually, all at once for a moment, and of one that floods. */
  private static final int STEADY = 10;

  private static final int BURST = 50;
  private static final int FLOOD = 5_000;

  /** What each plugin may: above its burst, far below the flood. */
  private static final Rate ALLOWED = new Rate(100, 100);

  private static final int MOST_HEAP = 16 << 20;

  private static TestHost start() throws Exception {
    return TestHost.withEcho(new NamedEcho("provider"))
        .set(builder -> builder.limits(Generous.LIMITS.with(Limited.CALL, ALLOWED)))
        .start();
  }

  /**
   * All calls of a steady load and of a burst are answered; one plugin that floods loses what is
   * over its limit and the others nothing; and the heap does not grow with the calls.
   *
   * <p>Row: TE-13
   */
  @Test
  void hundredPlugins_steadyBurstAndOneOverItsLimit_othersLoseNothing() throws Exception {
    try (TestHost host = start()) {
      List<Channel> callers = new ArrayList<>();
      for (int i = 0; i < PLUGINS; i++) {
        callers.add(caller(host, "p" + i));
      }
      Channel flooding = caller(host, "p" + PLUGINS);
      Duration moment = Duration.ofSeconds(Math.min(SECONDS, 5));
      // Connections and compiled code, before anything is measured.
      say(PacedCalls.make(callers, PLUGINS * STEADY, moment), "at first");
      long before = heap();

      PacedCalls steady = PacedCalls.make(callers, PLUGINS * STEADY, Duration.ofSeconds(SECONDS));
      say(steady, "steady");
      long grown = heap() - before;
      PacedCalls burst = PacedCalls.make(callers, PLUGINS * BURST, moment);
      say(burst, "burst");
      CompletableFuture<PacedCalls> flood = flood(flooding, moment);
      PacedCalls others = PacedCalls.make(callers, PLUGINS * STEADY, moment);
      say(others, "beside a flood");
      say(flood.get(), "the flood");
      System.out.printf("heap after %d s: %+d KiB%n", SECONDS, grown / 1024);

      for (PacedCalls innocent : List.of(steady, burst, others)) {
        assertThat(innocent.ends()).containsOnlyKeys(Status.Code.OK);
      }
      assertThat(flood.get().ends())
          .containsOnlyKeys(Status.Code.OK, Status.Code.RESOURCE_EXHAUSTED);
      assertThat(grown).isLessThan(MOST_HEAP);
      assertThat(callers).hasSize(PLUGINS);
      assertThat(steady.ends()).containsExactly(entry(Status.Code.OK, PLUGINS * STEADY * SECONDS));
    }
  }

  /** Adds a plugin, one after another: how a hundred start at once is no matter here. */
  private static Channel caller(TestHost host, String name) throws Exception {
    host.host()
        .add(
            host.later(
                name,
                plugin -> {
                  plugin.enrol();
                  plugin.healthy();
                }));
    RawPlugin plugin = host.laterRun(name).plugin;
    return plugin.data(plugin.bearer());
  }

  private static CompletableFuture<PacedCalls> flood(Channel from, Duration time) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return PacedCalls.make(List.of(from), FLOOD, time);
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        },
        task -> {
          Thread thread = new Thread(task, "flood");
          thread.setDaemon(true);
          thread.start();
        });
  }

  private static void say(PacedCalls calls, String what) {
    System.out.println(calls.line(what));
  }

  private static long heap() {
    System.gc();
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
