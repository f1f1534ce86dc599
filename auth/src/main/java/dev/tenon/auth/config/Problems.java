package dev.tenon.auth.config;

import static java.util.Comparator.comparingInt;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What is wrong with one file, collected while it is read. Not thread-safe. */
final class Problems {
  /** Most problems that a message lists; of the others it tells how many there are. */
  static final int MAX_SHOWN = 100;

  private record Problem(int line, String text) {}

  private final String source;
  private final Set<Problem> problems = new LinkedHashSet<>();

  Problems(String source) {
    this.source = Shown.plain(source);
  }

  /** Notes {@code text} about {@code line}; a second time it has no effect. */
  void add(int line, String text) {
    problems.add(new Problem(line, source + ":" + line + ": " + Shown.plain(text)));
  }

  /**
   * Ends the reading.
   *
   * @throws ConfigException if anything was noted
   */
  void throwIfAny() throws ConfigException {
    if (problems.isEmpty()) {
      return;
    }
    List<String> shown =
        problems.stream()
            .sorted(comparingInt(Problem::line))
            .limit(MAX_SHOWN)
            .map(Problem::text)
            .collect(Collectors.toList());
    if (problems.size() > MAX_SHOWN) {
      shown.add(source + ": and " + (problems.size() - MAX_SHOWN) + " more problems");
    }
    throw new ConfigException(ConfigException.Kind.INVALID, shown);
  }
}
