package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

/**
 * One way that is up: where its calls go, and whose CPU time they cost.
 *
 * @param pid the process that is measured
 * @param address where the caller connects to, as the C program reads it
 */
record Contender(Setting setting, Way way, long pid, String address, Access access) {
  Contender {
    requireNonNull(setting, "setting");
    requireNonNull(way, "way");
    requireNonNull(address, "address");
    requireNonNull(access, "access");
  }
}
