package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import dev.tenon.bench.endtoend.ThreadTimes.CpuTime;

/** One measurement: one way, under one load, in one round. */
record Sample(Way way, Load load, int round, Outcome outcome, CpuTime cpu) {
  Sample {
    requireNonNull(way, "way");
    requireNonNull(load, "load");
    requireNonNull(outcome, "outcome");
    requireNonNull(cpu, "cpu");
  }

  double cpuMicrosPerCall() {
    return perCall(cpu.nanos());
  }

  double compilerMicrosPerCall() {
    return perCall(cpu.compilerNanos());
  }

  private double perCall(long nanos) {
    return nanos / 1000.0 / outcome.calls();
  }
}
