package dev.tenon.bench.endtoend;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

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

  private static final Map<String, String> HEADERS =
      new TreeMap<>(
          Map.of(
              "nghttp2/nghttp2.h", "libnghttp2-dev",
              "openssl/ssl.h", "libssl-dev",
              "stdlib.h", "libc6-dev"));

  private static final int CORES = 2;

  private Tools() {}

  /** Returns what is missing here, as lines for a person; empty if nothing is. */
  public static List<String> missing() {
    List<String> missing =
        new ArrayList<>(missing(Tools::isOnPath, header -> isIn(header, "/usr/include")));
    if (Runtime.getRuntime().availableProcessors() < CORES) {
      missing.add("a second processor: the proxy has one, caller and backend the other");
    }
    return missing;
  }

  static List<String> missing(Predicate<String> hasProgram, Predicate<String> hasHeader) {
    List<String> names = new ArrayList<>();
    TreeSet<String> packages = new TreeSet<>();
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
      TreeSet<String> packages) {
    needed.forEach(
        (name, inPackage) -> {
          if (!isThere.test(name)) {
            names.add(name);
            packages.add(inPackage);
          }
        });
  }

  private static boolean isOnPath(String program) {
    String path = System.getenv("PATH");
    return path != null && isIn(program, path.split(File.pathSeparator, -1));
  }

  private static boolean isIn(String name, String... folders) {
    for (String folder : folders) {
      if (!folder.isEmpty() && Files.isReadable(Path.of(folder, name))) {
        return true;
      }
    }
    return false;
  }
}
