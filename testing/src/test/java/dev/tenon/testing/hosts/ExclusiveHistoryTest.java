package dev.tenon.testing.hosts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.TrustDomain;
import dev.tenon.registry.etcd.EtcdHost;
import dev.tenon.registry.etcd.EtcdServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three hosts want one exclusive service, while the ways to their etcd, the etcd itself and their
 * clocks fail at random: no two of them ever serve it at the same time.
 *
 * <p>With {@code -Dtenon.history.steps=1000} the long form; {@code -Dtenon.history.seed} repeats a
 * run's choices. Attack: O7.
 */
class ExclusiveHistoryTest {
  private static final int STEPS = Integer.getInteger("tenon.history.steps", 25);
  private static final long SEED = Long.getLong("tenon.history.seed", System.nanoTime());

  /** Clocks go wrong by up to this much; the host's margin is a tenth. */
  private static final double DRIFT = 0.08;

  private static final int LONGEST_PAUSE_MILLIS = 250;

  @TempDir Path folder;

  private final ServingHistory history = new ServingHistory();
  private final TrustDomain domain = EtcdHost.freshDomain();
  private final List<ContendingHost> hosts = new ArrayList<>();
  private final Random random = new Random(SEED);

  /** Row: RG-5, G3. */
  @Test
  void exclusiveService_whileEverythingFails_neverServedByTwo() throws Exception {
    System.out.println("seed " + SEED + ", " + STEPS + " steps");
    try (EtcdServer etcd = EtcdServer.start(folder)) {
      try {
        for (String name : List.of("one", "two", "three")) {
          hosts.add(ContendingHost.start(name, etcd, domain, history));
        }
        for (int step = 0; step < STEPS; step++) {
          fail(etcd);
          pause(random.nextInt(LONGEST_PAUSE_MILLIS));
        }
        healAll();
        ContendingHost owner = awaitOwner(null);
        owner.proxy().halfOpen();
        ContendingHost successor = awaitOwner(owner);
        assertThat(owner.serves()).as(owner.name() + " beside " + successor.name()).isFalse();
      } finally {
        for (ContendingHost host : hosts) {
          host.proxy().heal();
          host.close();
        }
      }
    }
    System.out.printf(
        "%d intervals, %d handovers%n", history.intervals().size(), history.handovers());
    assertThat(history.overlap()).as("seed %d", SEED).isEmpty();
    assertThat(history.handovers()).as("seed %d", SEED).isPositive();
  }

  private void fail(EtcdServer etcd) throws Exception {
    ContendingHost host = hosts.get(random.nextInt(hosts.size()));
    switch (random.nextInt(12)) {
      case 0, 1, 2 -> owner().orElse(host).proxy().halfOpen();
      case 3, 4, 5 -> host.proxy().heal();
      case 6 -> host.proxy().cut();
      case 7 -> host.proxy().delay(Duration.ofMillis(random.nextInt(400)));
      case 8 -> host.clock().rate(1 - DRIFT + random.nextDouble() * 2 * DRIFT);
      case 9 -> host.clock().jump(Duration.ofMillis(random.nextInt(3000)));
      case 10 -> {
        if (random.nextInt(3) == 0) {
          etcd.kill();
          pause(random.nextInt(LONGEST_PAUSE_MILLIS));
          etcd.restart();
        } else {
          etcd.freeze();
          pause(random.nextInt(10 * LONGEST_PAUSE_MILLIS));
          etcd.thaw();
        }
      }
      default -> owner().ifPresent(ContendingHost::giveUp);
    }
  }

  private Optional<ContendingHost> owner() {
    return hosts.stream().filter(ContendingHost::serves).findFirst();
  }

  private static void pause(int millis) {
    LockSupport.parkNanos(Duration.ofMillis(millis).toNanos());
  }

  private void healAll() {
    hosts.forEach(host -> host.proxy().heal());
  }

  /** Waits until somebody other than {@code former} serves. */
  private ContendingHost awaitOwner(ContendingHost former) {
    await()
        .alias("seed " + SEED)
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(2))
        .until(() -> owner().filter(host -> host != former).isPresent());
    return owner().orElseThrow();
  }
}
