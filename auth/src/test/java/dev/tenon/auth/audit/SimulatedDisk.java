package dev.tenon.auth.audit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A folder as it would be after a loss of power. It is told of system calls; of what was not forced
 * it keeps as little, or as much, as one asks for.
 *
 * <p>Data outlive the loss after a fsync of their file that succeeded, names after one of the
 * folder. What was overwritten in place, less than a sector, is there as before or as after.
 */
final class SimulatedDisk {
  private final Path folder;
  private final Map<Integer, Stored> open = new HashMap<>();
  private final Set<Integer> folders = new LinkedHashSet<>();
  private final Map<String, Stored> names = new TreeMap<>();
  private Map<String, Stored> keptNames = new TreeMap<>();

  private static final class Stored {
    private String now = "";
    private String kept = "";
  }

  /** What becomes of data that were not forced. */
  enum Unforced {
    LOST,
    ZEROS,
    HALF,
    KEPT
  }

  /** Returns the disk on which {@code folder} is as it is now, all of it forced. */
  static SimulatedDisk of(Path folder) throws IOException {
    SimulatedDisk disk = new SimulatedDisk(folder);
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Stored stored = new Stored();
        stored.now = Files.readString(file, ISO_8859_1);
        stored.kept = stored.now;
        disk.names.put(String.valueOf(file.getFileName()), stored);
      }
    }
    disk.keptNames = new TreeMap<>(disk.names);
    return disk;
  }

  private SimulatedDisk(Path folder) {
    this.folder = folder;
  }

  void apply(TracedCall call) {
    if (call.failed()) {
      return;
    }
    switch (call.name()) {
      case "openat" -> open(call);
      case "write" -> at(call).now += call.texts().get(0).substring(0, (int) call.result());
      case "pwrite64" -> overwrite(at(call), call.texts().get(0), call.numbers().get(2).intValue());
      case "ftruncate" ->
          at(call).now = at(call).now.substring(0, call.numbers().get(1).intValue());
      case "fdatasync", "fsync" -> force(call.file());
      case "rename" -> names.put(name(call.texts().get(1)), remove(call.texts().get(0)));
      case "unlink" -> remove(call.texts().get(0));
      default -> throw new IllegalArgumentException(call.toString());
    }
  }

  private void open(TracedCall call) {
    int number = Math.toIntExact(call.result());
    folders.remove(number);
    if (Path.of(call.texts().get(0)).equals(folder)) {
      folders.add(number);
    } else if (call.creates()) {
      Stored made = new Stored();
      names.put(name(call.texts().get(0)), made);
      open.put(number, made);
    } else {
      open.put(number, known(names.get(name(call.texts().get(0)))));
    }
  }

  private static void overwrite(Stored stored, String text, int at) {
    String rest =
        at + text.length() < stored.now.length() ? stored.now.substring(at + text.length()) : "";
    stored.now = stored.now.substring(0, at) + text + rest;
  }

  private void force(int number) {
    if (folders.contains(number)) {
      keptNames = new TreeMap<>(names);
    } else {
      Stored stored = known(open.get(number));
      stored.kept = stored.now;
    }
  }

  private Stored at(TracedCall call) {
    return known(open.get(call.file()));
  }

  private Stored remove(String path) {
    return known(names.remove(name(path)));
  }

  private static Stored known(@Nullable Stored stored) {
    if (stored == null) {
      throw new IllegalStateException("a call on a file that the trace did not open");
    }
    return stored;
  }

  private static String name(String path) {
    return String.valueOf(Path.of(path).getFileName());
  }

  /** Returns what a loss of power now may leave, by name and content. */
  Set<Map<String, String>> afterLoss() {
    Set<Map<String, String>> left = new LinkedHashSet<>();
    for (Map<String, Stored> some : Arrays.asList(names, keptNames)) {
      for (Unforced head : new Unforced[] {Unforced.LOST, Unforced.KEPT}) {
        for (Unforced rest : Unforced.values()) {
          Map<String, String> files = new TreeMap<>();
          some.forEach(
              (name, stored) ->
                  files.put(name, left(stored, name.contains(".head") ? head : rest)));
          left.add(files);
        }
      }
    }
    return left;
  }

  private static String left(Stored stored, Unforced unforced) {
    int more = stored.now.length() - stored.kept.length();
    boolean appended = more > 0 && stored.now.startsWith(stored.kept);
    return switch (unforced) {
      case LOST -> stored.kept;
      case KEPT -> stored.now;
      case ZEROS -> appended ? stored.kept + "\0".repeat(more) : stored.now;
      case HALF -> appended ? stored.now.substring(0, stored.kept.length() + more / 2) : stored.now;
    };
  }
}
