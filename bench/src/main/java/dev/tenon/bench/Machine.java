package dev.tenon.bench;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;

/** What numbers were measured on, and of what. Immutable. */
record Machine(String description, String commit, LocalDate day) {
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
    return new Machine(description, commit, LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC));
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
