package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import dev.tenon.bench.endtoend.ThreadTimes.CpuTime;

/** One measurement: one way in one setting, under one load, in one round. */
record Sample(Setting setting, Way way, Load load, int round, Outcome outcome, CpuTime cpu) {
  Sample {
    requireNonNull(setting, "setting");
    requireNonNull(way, "way");
    requireNonNull(load, "load");
    requireNonNull(outcome, "outcome");
    requireNonNull(cpu, "cpu");
  }

  /** Returns the CPU time of one unit of the load, in microseconds, without the JIT compiler's. */
  double cpuMicros() {
    return cpu.nanos() / 1000.0 / load.units(outcome);
  }

  /** Returns the CPU time of the JIT compiler for one unit of the load, in microseconds. */
  double compilerMicros() {
    return cpu.compilerNanos() / 1000.0 / load.units(outcome);
  }

  /** Returns how many units of the load there were in a second. */
  double rate() {
    return load.units(outcome) / outcome.seconds();
  }

  double p50Micros() {
    return outcome.p50Micros();
  }

  double p99Micros() {
    return outcome.p99Micros();
  }
}
