package dev.tenon.bench;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;

/**
 * What numbers were measured on, and of what. Immutable.
 *
 * @param load how many threads wanted a processor in the minute before; below 0 if nobody knows
 */
record Machine(String description, String commit, LocalDate day, double load) {
  Machine {
    requireNonNull(description, "description");
    requireNonNull(commit, "commit");
    requireNonNull(day, "day");
  }

  /** Returns this machine, today. */
  static Machine here(String commit, InstantSource clock) throws IOException {
    String description =
        "JDK %s (%s), %d processors (%s), %s %s %s"
            .formatted(
                System.getProperty("java.runtime.version"),
                System.getProperty("java.vendor"),
                Runtime.getRuntime().availableProcessors(),
                processor(Path.of("/proc/cpuinfo")),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                System.getProperty("os.arch"));
    return new Machine(
        description,
        commit,
        LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  /** Returns the sentence that says when something was measured, and beside what. */
  String when() {
    String beside =
        load < 0
            ? ""
            : String.format(Locale.ROOT, "; load average of the machine before: %.1f", load);
    return "Measured on " + day + " at commit " + commit + beside + ".";
  }

  /** Returns what the kernel calls the processor; "unknown" where it does not say. */
  static String processor(Path cpuinfo) throws IOException {
    if (!Files.isReadable(cpuinfo)) {
      return "unknown";
    }
    try (var lines = Files.lines(cpuinfo)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown");
    }
  }
}
