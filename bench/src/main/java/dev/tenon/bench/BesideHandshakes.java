package dev.tenon.bench;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.RandomSourceFailedException;
import dev.tenon.bench.endtoend.LoopbackHost;
import dev.tenon.bench.endtoend.Spread;
import dev.tenon.transport.Bootstrap;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * What a validation costs while peers shake hands with a host in the same JVM, relative to what it
 * costs without: in CPU time of the validating thread, in windows of both kinds in turn.
 */
final class BesideHandshakes {
  private static final int BATCH = 1000;
  private static final long PAUSE_NANOS = 1_000_000;

  private final int pairs;
  private final Duration window;
  private final Consumer<String> progress;
  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private final TokenValidation validation = new TokenValidation();
  private final Turn turn = new Turn();

  /**
   * Prepares the measurement.
   *
   * @param pairs how many pairs of windows
   */
  BesideHandshakes(int pairs, Duration window, Consumer<String> progress) {
    this.pairs = pairs;
    this.window = requireNonNull(window, "window");
    this.progress = requireNonNull(progress, "progress");
  }

  /** Measures, and returns the section of docs/performance.md, which ends with a line feed. */
  String section()
      throws IOException,
          InterruptedException,
          GeneralSecurityException,
          RandomSourceFailedException {
    progress.accept("validation beside handshakes");
    validation.open();
    AtomicBoolean over = new AtomicBoolean();
    AtomicBoolean wanted = new AtomicBoolean();
    AtomicInteger handshakes = new AtomicInteger();
    try (LoopbackHost host = LoopbackHost.start(1)) {
      Bootstrap spent = host.bootstrap(0);
      host.enrol(0);
      Thread peer = new Thread(() -> shake(host, spent, over, wanted, handshakes), "bench-peer");
      peer.start();
      try {
        return measured(wanted, handshakes);
      } finally {
        over.set(true);
        peer.join();
      }
    }
  }

  private static void shake(
      LoopbackHost host,
      Bootstrap spent,
      AtomicBoolean over,
      AtomicBoolean wanted,
      AtomicInteger handshakes) {
    while (!over.get()) {
      if (wanted.get()) {
        host.enrolInVain(spent);
        handshakes.incrementAndGet();
      } else {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  private String measured(AtomicBoolean wanted, AtomicInteger handshakes) {
    List<Double> without = new ArrayList<>();
    List<Double> with = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    wanted.set(true);
    double unused = nanosOfOne(window.multipliedBy(8));
    long blocked = blocked();
    handshakes.set(0);
    for (int i = 0; i < pairs; i++) {
      wanted.set(false);
      without.add(nanosOfOne(window));
      wanted.set(true);
      with.add(nanosOfOne(window));
      ratios.add(with.get(i) / without.get(i));
    }
    double perSecond = handshakes.get() / (pairs * window.toMillis() / 1000.0);
    return text(
        Spread.of(without), Spread.of(with), Spread.of(ratios), perSecond, blocked() - blocked);
  }

  private static String text(
      Spread without, Spread with, Spread ratios, double perSecond, long blocked) {
    return "## Validation beside handshakes\n\n"
        + "CPU time of one validation of a right token, in nanoseconds, in windows without"
        + " and with handshakes in turn at a host in the\n"
        + "same JVM: the median, and the lowest and highest window. The ratio is that of"
        + " neighbours.\n\n"
        + "| without | with | ratio | handshakes/s | times that the validating thread waited"
        + " for a lock |\n"
        + "|---:|---:|---:|---:|---:|\n"
        + String.format(
            Locale.ROOT,
            "| %s | %s | %s | %.0f | %d |\n",
            without.text(),
            with.text(),
            ratios.text(),
            perSecond,
            blocked);
  }

  private double nanosOfOne(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    long begin = threads.getCurrentThreadCpuTime();
    long done = 0;
    do {
      for (int i = 0; i < BATCH; i++) {
        if (!validation.validToken(turn)) {
          throw new IllegalStateException("token: refused (expected: accepted)");
        }
      }
      done += BATCH;
    } while (System.nanoTime() - end < 0);
    return (threads.getCurrentThreadCpuTime() - begin) / (double) done;
  }

  private long blocked() {
    return threads.getThreadInfo(Thread.currentThread().getId()).getBlockedCount();
  }
}
