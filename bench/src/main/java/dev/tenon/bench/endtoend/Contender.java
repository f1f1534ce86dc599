package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import java.io.IOException;

/**
 * One way that is up: where its calls go, and whose CPU time they cost.
 *
 * @param pid the process that is measured
 * @param address where the caller connects to, as the C program reads it
 * @param preparation what is done before it is called
 */
record Contender(
    Setting setting, Way way, long pid, String address, Access access, Preparation preparation) {
  /** What is to be done anew for each measurement. */
  @FunctionalInterface
  interface Preparation {
    /** Does it. */
    void run() throws IOException, InterruptedException;
  }

  Contender {
    requireNonNull(setting, "setting");
    requireNonNull(way, "way");
    requireNonNull(address, "address");
    requireNonNull(access, "access");
    requireNonNull(preparation, "preparation");
  }

  /** Names one that is ready to be called as it is. */
  Contender(Setting setting, Way way, long pid, String address, Access access) {
    this(setting, way, pid, address, access, () -> {});
  }
}
