package dev.tenon.host.launch;

import dev.tenon.auth.config.ConfigTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a plugin's processes may use at most, by the kernel's limits (getrlimit(2)).
 *
 * @param memoryBytes of address space, of each process ({@code RLIMIT_AS})
 * @param processes and threads, of all the plugin's runs ({@code RLIMIT_NPROC}, which counts a
 *     user's)
 * @param openFiles of each process ({@code RLIMIT_NOFILE})
 */
record ProcessLimits(OptionalLong memoryBytes, OptionalLong processes, OptionalLong openFiles) {
  /** None but that of core dumps, which would hold keys and tokens. */
  static final ProcessLimits NONE =
      new ProcessLimits(OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty());

  private static final Pattern SIZE = Pattern.compile("([1-9][0-9]{0,5})([KMG])");
  private static final long MAX_COUNT = 1_000_000;

  /** Reads the table {@code [limits]}; {@code isolation} decides whether processes can count. */
  static ProcessLimits read(Optional<ConfigTable> table, Isolation isolation) {
    if (table.isEmpty()) {
      return NONE;
    }
    ConfigTable limits = table.get();
    OptionalLong memory =
        limits
            .parsed("memory", ProcessLimits::bytes)
            .map(OptionalLong::of)
            .orElse(NONE.memoryBytes);
    OptionalLong processes = count(limits, "processes");
    if (processes.isPresent() && !isolation.hasOwnPlace()) {
      limits.problem(
          "processes",
          "got "
              + processes.getAsLong()
              + " (expected: only with own-uid or sandbox, since it"
              + " counts all processes of a user)");
    }
    return new ProcessLimits(memory, processes, count(limits, "open_files"));
  }

  private static OptionalLong count(ConfigTable limits, String key) {
    Optional<Long> count = limits.integer(key);
    if (count.isPresent() && (count.get() < 1 || count.get() > MAX_COUNT)) {
      limits.problem(key, "got " + count.get() + " (expected: 1 to " + MAX_COUNT + ")");
    }
    return count.map(OptionalLong::of).orElse(OptionalLong.empty());
  }

  private static long bytes(String text) {
    Matcher size = SIZE.matcher(text);
    if (!size.matches()) {
      throw new IllegalArgumentException(
          "memory: " + text + " (expected: a size such as 512M or 2G)");
    }
    int shift =
        switch (size.group(2)) {
          case "K" -> 10;
          case "M" -> 20;
          default -> 30;
        };
    return Long.parseLong(size.group(1)) << shift;
  }

  /** Returns whether nothing but core dumps is limited. */
  boolean isNone() {
    return equals(NONE);
  }

  /** Returns the options of prlimit(1), soft and hard limit alike. */
  List<String> options() {
    List<String> options = new ArrayList<>();
    options.add("--core=0");
    memoryBytes.ifPresent(adding(options, "--as="));
    processes.ifPresent(adding(options, "--nproc="));
    openFiles.ifPresent(adding(options, "--nofile="));
    return options;
  }

  private static LongConsumer adding(List<String> options, String option) {
    return value -> options.add(option + value);
  }
}
