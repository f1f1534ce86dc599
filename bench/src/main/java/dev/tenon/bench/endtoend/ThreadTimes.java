package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * How long each thread of a process has run so far, as the kernel counts it: the first number of
 * {@code /proc/PID/task/TID/schedstat}, in nanoseconds. Immutable.
 *
 * <p>A thread that begins or ends between two snapshots counts from its beginning, or not at all.
 */
record ThreadTimes(Map<Integer, OfThread> byThread) {
  ThreadTimes {
    byThread = Map.copyOf(byThread);
  }

  /** What one thread has run; its name is cut at 15 characters by the kernel. */
  record OfThread(String name, long nanos) {
    OfThread {
      requireNonNull(name, "name");
      if (nanos < 0) {
        throw new IllegalArgumentException("nanos: " + nanos + " (expected: >= 0)");
      }
    }

    /** Returns whether this is one of HotSpot's compiler threads. */
    boolean isCompiler() {
      return name.startsWith("C1 CompilerThre") || name.startsWith("C2 CompilerThre");
    }
  }

  /** CPU time of a process; that of its JIT compiler is apart, and 0 where it is no JVM. */
  record CpuTime(long nanos, long compilerNanos) {}

  /** Reads the times of the process with {@code pid}. */
  static ThreadTimes of(long pid) throws IOException {
    return read(Path.of("/proc", Long.toString(pid), "task"));
  }

  static ThreadTimes read(Path tasks) throws IOException {
    Map<Integer, OfThread> times = new TreeMap<>();
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
      for (Path thread : threads) {
        try {
          OfThread time =
              new OfThread(
                  Files.readString(thread.resolve("comm")).strip(),
                  parseRunTime(Files.readString(thread.resolve("schedstat"))));
          times.put(Integer.parseInt(thread.getFileName().toString()), time);
        } catch (IOException e) {
          // It has ended meanwhile: its files are gone, or say ESRCH.
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return new ThreadTimes(times);
  }

  /**
   * Returns the run time in the text of a {@code schedstat} file: run time, time spent waiting to
   * run, and number of times run.
   *
   * @throws IllegalArgumentException if {@code text} is not such a text
   */
  static long parseRunTime(String text) {
    String[] numbers = text.strip().split(" ", -1);
    if (numbers.length != 3) {
      throw new IllegalArgumentException("schedstat: " + text + " (expected: three numbers)");
    }
    try {
      return Long.parseLong(numbers[0]);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("schedstat: " + text + " (expected: three numbers)", e);
    }
  }

  /** Returns what was run since {@code earlier}. */
  CpuTime since(ThreadTimes earlier) {
    long nanos = 0;
    long compilerNanos = 0;
    for (Map.Entry<Integer, OfThread> entry : byThread.entrySet()) {
      OfThread before = earlier.byThread.get(entry.getKey());
      long ran = entry.getValue().nanos() - (before == null ? 0 : before.nanos());
      if (entry.getValue().isCompiler()) {
        compilerNanos += ran;
      } else {
        nanos += ran;
      }
    }
    return new CpuTime(nanos, compilerNanos);
  }
}
