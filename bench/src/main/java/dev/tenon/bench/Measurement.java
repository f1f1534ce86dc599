package dev.tenon.bench;

import static java.util.Objects.requireNonNull;

import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/**
 * What one benchmark measured with one number of threads: mean nanoseconds an operation, and half
 * of the 99.9 % confidence interval (NaN where there were too few samples for one).
 */
record Measurement(String benchmark, int threads, double nanos, double error) {
  Measurement {
    requireNonNull(benchmark, "benchmark");
    if (threads < 1) {
      throw new IllegalArgumentException("threads: " + threads + " (expected: > 0)");
    }
  }

  static Measurement of(RunResult run) {
    Result<?> result = run.getPrimaryResult();
    return new Measurement(
        result.getLabel(), run.getParams().getThreads(), result.getScore(), result.getScoreError());
  }
}
