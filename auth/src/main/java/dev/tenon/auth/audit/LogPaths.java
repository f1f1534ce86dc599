package dev.tenon.auth.audit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where the parts of a log are, all in one folder. For {@code audit.jsonl}: the segment being
 * written has that name, sealed ones are {@code audit-<number of the first record>.jsonl}, or end
 * in {@code .jsonl.gz}; {@code audit.head} says how far the log goes, and {@code audit.lock} is
 * held by the process that writes.
 */
final class LogPaths {
  private static final String ENDING = ".jsonl";
  private static final String GZIP = ".gz";

  private final Path active;
  private final Path folder;
  private final String stem;
  private final Pattern sealed;

  LogPaths(Path file) {
    active = file.toAbsolutePath().normalize();
    Path parent = active.getParent();
    if (parent == null) {
      throw new IllegalArgumentException(file + ": no file (expected: a file in a folder)");
    }
    folder = parent;
    String name = name(active);
    stem = name.endsWith(ENDING) ? name.substring(0, name.length() - ENDING.length()) : name;
    sealed = Pattern.compile(Pattern.quote(stem) + "-00([0-9]{18})\\.jsonl(\\.gz)?");
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  Path active() {
    return active;
  }

  Path folder() {
    return folder;
  }

  Path head() {
    return folder.resolve(stem + ".head");
  }

  /** Returns where the head is made. */
  Path unfinishedHead() {
    return folder.resolve(stem + ".head.part");
  }

  Path lock() {
    return folder.resolve(stem + ".lock");
  }

  Path sealed(long first) {
    return folder.resolve(stem + "-" + String.format(Locale.ROOT, "%020d", first) + ENDING);
  }

  static Path compressed(Path sealed) {
    return sealed.resolveSibling(name(sealed) + GZIP);
  }

  static boolean isCompressed(Path segment) {
    return name(segment).endsWith(GZIP);
  }

  /** Returns the sealed segments that are not compressed, in no order. */
  List<Path> uncompressed() throws IOException {
    return files().stream()
        .filter(file -> sealed.matcher(name(file)).matches() && !isCompressed(file))
        .toList();
  }

  /** Returns the sealed segments, the oldest first. */
  List<Path> sealed() throws IOException {
    return segments().stream()
        .filter(segment -> sealed.matcher(name(segment)).matches())
        .sorted(Comparator.comparingLong(this::first))
        .toList();
  }

  /**
   * Returns every file that may be a segment, in no order: the log's own, and those that were moved
   * aside under a name that begins with the active one's, as log rotation does.
   */
  List<Path> segments() throws IOException {
    List<Path> segments = new ArrayList<>();
    for (Path file : files()) {
      String name = name(file);
      boolean ours = sealed.matcher(name).matches() || name.startsWith(name(active));
      boolean copied = isCompressed(file) && Files.exists(uncompressed(file));
      if (ours && !copied && !name.endsWith(Archive.UNFINISHED)) {
        segments.add(file);
      }
    }
    return segments;
  }

  /** Returns those of {@link #segments} that may be the last: most logs have one or two. */
  List<Path> lastSegments() throws IOException {
    List<Path> others = new ArrayList<>();
    Optional<Path> newest = Optional.empty();
    for (Path segment : segments()) {
      if (!sealed.matcher(name(segment)).matches()) {
        others.add(segment);
      } else if (newest.isEmpty() || first(segment) > first(newest.get())) {
        newest = Optional.of(segment);
      }
    }
    newest.ifPresent(others::add);
    return others;
  }

  /** Returns the number of the first record of a sealed segment, as its name has it; else 0. */
  long first(Path segment) {
    Matcher matcher = sealed.matcher(name(segment));
    return matcher.matches() ? Long.parseLong(matcher.group(1)) : 0;
  }

  private static Path uncompressed(Path segment) {
    String name = name(segment);
    return segment.resolveSibling(name.substring(0, name.length() - GZIP.length()));
  }

  private List<Path> files() throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new NoSuchFileException(active.toString(), null, "audit log: its folder is missing");
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
