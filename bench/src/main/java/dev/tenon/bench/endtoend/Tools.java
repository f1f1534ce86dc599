package dev.tenon.bench.endtoend;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What a comparison needs of the machine, and in which Debian package it is. */
public final class Tools {
  private static final Map<String, String> PROGRAMS =
      new TreeMap<>(
          Map.of(
              "gcc", "gcc",
              "make", "make",
              "openssl", "openssl",
              "taskset", "util-linux",
              "nginx", "nginx",
              "haproxy", "haproxy"));

  private static final Set<String> OTHER_PROXIES = Set.of("nginx", "haproxy");

  private static final Map<String, String> HEADERS =
      new TreeMap<>(
          Map.of(
              "nghttp2/nghttp2.h", "libnghttp2-dev",
              "openssl/ssl.h", "libssl-dev",
              "stdlib.h", "libc6-dev"));

  private static final List<String> SERVERS = List.of("/usr/local/sbin", "/usr/sbin");

  private static final int CORES = 2;

  private Tools() {}

  /** Returns what is missing here, as lines for a person; empty if nothing is. */
  public static List<String> missing() {
    return missingBut(Set.of());
  }

  /** Returns what is missing here where Tenon is compared with itself alone. */
  public static List<String> missingForGuard() {
    return missingBut(OTHER_PROXIES);
  }

  private static List<String> missingBut(Set<String> needless) {
    List<String> missing =
        new ArrayList<>(
            missing(
                program -> needless.contains(program) || find(program).isPresent(),
                header -> Files.isReadable(Path.of("/usr/include", header))));
    if (Runtime.getRuntime().availableProcessors() < CORES) {
      missing.add("a second processor: the proxy has one, caller and backend the other");
    }
    return missing;
  }

  static List<String> missing(Predicate<String> hasProgram, Predicate<String> hasHeader) {
    List<String> names = new ArrayList<>();
    Set<String> packages = new TreeSet<>();
    collect(PROGRAMS, hasProgram, names, packages);
    collect(HEADERS, hasHeader, names, packages);
    if (names.isEmpty()) {
      return List.of();
    }
    return List.of(
        String.join(", ", names),
        "on Debian and Ubuntu: apt-get install --no-install-recommends "
            + String.join(" ", packages));
  }

  private static void collect(
      Map<String, String> needed,
      Predicate<String> isThere,
      List<String> names,
      Set<String> packages) {
    needed.forEach(
        (name, inPackage) -> {
          if (!isThere.test(name)) {
            names.add(name);
            packages.add(inPackage);
          }
        });
  }

  /** Finds {@code program} as a shell does, and where servers are that a user's PATH leaves out. */
  private static Optional<Path> find(String program) {
    String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
    return Stream.concat(Arrays.stream(path.split(File.pathSeparator, -1)), SERVERS.stream())
        .filter(Predicate.not(String::isEmpty))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Returns the file of {@code program}.
   *
   * @throws IllegalStateException if there is none, which {@link #missing} tells before
   */
  static String program(String program) {
    return find(program)
        .orElseThrow(() -> new IllegalStateException(program + ": missing (expected: on the PATH)"))
        .toString();
  }
}
