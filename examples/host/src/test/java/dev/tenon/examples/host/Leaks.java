package dev.tenon.examples.host;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A search for secrets in what everybody may come to read: arguments and environments of processes,
 * files, output, logs, texts of exceptions. Thread-safe.
 *
 * <p>A secret is every token drawn from {@link #random}, its first 9 characters, and whatever has
 * the prefix of a token or of a private key.
 */
final class Leaks implements AutoCloseable {
  private static final int PREFIX_CHARS = 9;

  private final Recorder random = new Recorder();
  private final Map<String, String> places = new ConcurrentHashMap<>();
  private final Set<ProcessHandle> watched = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService watcher = Executors.newSingleThreadScheduledExecutor();

  /** A source of which every draw is known. */
  private static final class Recorder extends SecureRandom {
    private static final long serialVersionUID = 1;

    private final transient List<byte[]> draws = new CopyOnWriteArrayList<>();
    private final transient SecureRandom source = new SecureRandom();

    @Override
    public void nextBytes(byte[] bytes) {
      source.nextBytes(bytes);
      if (bytes.length == 32) {
        draws.add(bytes.clone());
      }
    }
  }

  SecureRandom random() {
    return random;
  }

  /** Returns how many secrets are known. */
  int known() {
    return random.draws.size();
  }

  /** Returns a token as if it had been issued: the search is for it, too. */
  String plant() {
    byte[] secret = new byte[32];
    random.nextBytes(secret);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
  }

  void text(String place, String text) {
    places.merge(place, text, (before, more) -> before + "\n" + more);
  }

  /** Reads all regular files below {@code folder}. */
  void files(Path folder) throws IOException {
    try (Stream<Path> entries = Files.walk(folder)) {
      for (Path file : entries.toList()) {
        text("name of " + file, file.toString());
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          text(file.toString(), new String(Files.readAllBytes(file), ISO_8859_1));
        }
      }
    }
  }

  /** Reads arguments and environments of {@code root} and of all that it starts, until closed. */
  void watch(ProcessHandle root) {
    var unused =
        watcher.scheduleWithFixedDelay(
            () -> Stream.concat(Stream.of(root), root.descendants()).forEach(this::read),
            0,
            5,
            TimeUnit.MILLISECONDS);
  }

  private void read(ProcessHandle process) {
    for (String name : List.of("cmdline", "environ")) {
      try {
        byte[] content = Files.readAllBytes(Path.of("/proc", process.pid() + "", name));
        String text = new String(content, UTF_8);
        if (!text.isEmpty()) {
          places.put(name + " of " + process.pid() + " " + text.hashCode(), text);
          watched.add(process);
        }
      } catch (IOException e) {
        // It has ended.
      }
    }
  }

  boolean hasWatched(long pid) {
    return watched.stream().anyMatch(process -> process.pid() == pid);
  }

  /** Returns where a secret was found, and which kind, but not the secret. */
  List<String> found() {
    Set<String> secrets = new LinkedHashSet<>();
    for (byte[] draw : random.draws) {
      String text = Base64.getUrlEncoder().withoutPadding().encodeToString(draw);
      secrets.add(text.substring(0, PREFIX_CHARS));
    }
    List<String> found = new ArrayList<>();
    places.forEach(
        (place, text) -> {
          if (secrets.stream().anyMatch(text::contains)) {
            found.add("a token in " + place);
          }
          for (String prefix : List.of("tnr_", "tne_", "PRIVATE KEY")) {
            if (text.contains(prefix)) {
              found.add(prefix + " in " + place);
            }
          }
        });
    return found;
  }

  @Override
  public void close() {
    watcher.shutdownNow();
  }
}
