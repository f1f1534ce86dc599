package dev.tenon.bench;

import static java.util.Objects.requireNonNull;

import java.util.stream.Collectors;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/**
 * What one benchmark measured with one number of threads: mean nanoseconds an operation, and half
 * of the 99.9 % confidence interval (NaN where there were too few samples for one).
 *
 * @param cpuNanos mean CPU time of an operation, in nanoseconds
 * @param parameter the value of the benchmark's only parameter; empty if it has none
 */
record Measurement(
    String benchmark, String parameter, int threads, double nanos, double error, double cpuNanos) {
  Measurement {
    requireNonNull(benchmark, "benchmark");
    requireNonNull(parameter, "parameter");
    if (threads < 1) {
      throw new IllegalArgumentException("threads: " + threads + " (expected: > 0)");
    }
  }

  static Measurement of(RunResult run) {
    Result<?> result = run.getPrimaryResult();
    BenchmarkParams params = run.getParams();
    String parameter =
        params.getParamsKeys().stream().map(params::getParam).collect(Collectors.joining(", "));
    return new Measurement(
        result.getLabel(),
        parameter,
        params.getThreads(),
        result.getScore(),
        result.getScoreError(),
        total(run, "cpuNanos") / total(run, "taken"));
  }

  private static double total(RunResult run, String counter) {
    return requireNonNull(run.getSecondaryResults().get(counter), counter).getScore();
  }
}
