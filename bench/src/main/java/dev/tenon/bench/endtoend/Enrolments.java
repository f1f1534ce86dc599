package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** How many plugins a host enrols in a second, while one, two and four ask at the same time. */
public final class Enrolments {
  private static final int[] THREADS = {1, 2, 4};

  private final int each;
  private final Consumer<String> progress;

  /**
   * Prepares the measurement.
   *
   * @param each how many enrolments are measured at each number of threads
   */
  public Enrolments(int each, Consumer<String> progress) {
    this.each = each;
    this.progress = requireNonNull(progress, "progress");
  }

  /** Measures, and returns the section of docs/performance.md, which ends with a line feed. */
  public String section() throws IOException, InterruptedException {
    StringBuilder text = new StringBuilder("## Enrolments\n\n");
    text.append(
        "Whole enrolments over TLS and loopback at a host in the same JVM: the plugin's key and"
            + " request, its connection and handshake,\n"
            + "the call, the certificate, and the records of it on disk before the answer. ");
    text.append("Measured: ").append(each).append(" at each number of plugins, after as many.\n\n");
    text.append("| plugins at a time | enrolments/s | ms each |\n|---:|---:|---:|\n");
    try (LoopbackHost host = LoopbackHost.start(each * (THREADS.length + 1))) {
      AtomicInteger next = new AtomicInteger();
      double unused = secondsFor(host, next, 1);
      for (int threads : THREADS) {
        progress.accept("enrolments, " + threads + " at a time");
        double seconds = secondsFor(host, next, threads);
        text.append(
            String.format(
                Locale.ROOT,
                "| %d | %.0f | %.1f |\n",
                threads,
                each / seconds,
                threads * seconds * 1000 / each));
      }
    }
    return text.toString();
  }

  private double secondsFor(LoopbackHost host, AtomicInteger next, int threads)
      throws IOException, InterruptedException {
    int end = next.get() + each;
    long begin = System.nanoTime();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<Integer>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        Callable<Integer> task = () -> enrolUpTo(host, next, end);
        running.add(pool.submit(task));
      }
      for (Future<Integer> each : running) {
        Integer unused = each.get();
      }
    } catch (ExecutionException e) {
      throw new IOException("enrolment failed", e.getCause());
    } finally {
      pool.shutdownNow();
    }
    next.set(end);
    return (System.nanoTime() - begin) / 1e9;
  }

  private static int enrolUpTo(LoopbackHost host, AtomicInteger next, int end) throws IOException {
    int done = 0;
    for (int plugin = next.getAndIncrement(); plugin < end; plugin = next.getAndIncrement()) {
      host.enrol(plugin);
      done++;
    }
    return done;
  }
}
