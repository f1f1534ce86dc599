package dev.tenon.testing.attack;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A host, the provider and the caller that are innocent, and an attacker, each in a process of its
 * own, so that what an attack costs the host can be told from what it costs the attacker. Not
 * thread-safe.
 *
 * <p>With {@code -Dtenon.flood.pin=true} attackers have the second processor for themselves, and
 * all others share the first: what innocents feel then is the host's work and not the attacker's.
 */
final class Stage implements AutoCloseable {
  private static final boolean PINNED = Boolean.getBoolean("tenon.flood.pin");
  private final List<Played> all = new ArrayList<>();
  private final Path directory;

  /** Where the host listens for calls. */
  final String address;

  final Played host;
  final Played innocent;
  final Played mallory;

  /**
   * @param handshakes how many connections the host keeps in their handshake
   */
  Stage(int handshakes) throws IOException {
    directory = Files.createTempDirectory(Path.of("/tmp"), "tf");
    host = start("host", PlayedHost.class, directory + "", handshakes + "");
    Map<String, String> lines = new LinkedHashMap<>();
    while (lines.size() < 3) {
      String[] line = host.answer().split(" ", 2);
      lines.put(line[0], line[1]);
    }
    Played provider = start(Scene.PROVIDER, PlayedPlugin.class, InnocentEcho.SERVICE);
    provider.say(requireNonNull(lines.get(Scene.PROVIDER)));
    innocent = start(Scene.INNOCENT, PlayedPlugin.class);
    innocent.say(requireNonNull(lines.get(Scene.INNOCENT)));
    mallory = start("mallory", PlayedPlugin.class, Scene.OTHER);
    mallory.say(requireNonNull(lines.get("mallory")));
    String ready = "";
    for (Played plugin : List.of(provider, innocent, mallory)) {
      ready = plugin.answer();
    }
    address = ready.split(" ", -1)[1];
    String unused = host.answer();
  }

  /** Gives attackers a processor of their own, if that is wanted. */
  void pin(Played... moreAttackers) throws IOException {
    if (PINNED) {
      for (Played played : all) {
        boolean attacks = played == mallory || List.of(moreAttackers).contains(played);
        played.pin(attacks ? 1 : 0);
      }
    }
  }

  /** Starts one more process, which ends with the stage. */
  Played start(String name, Class<?> program, String... arguments) throws IOException {
    Played started = new Played(directory.resolve(name + ".log"), program, arguments);
    all.add(started);
    return started;
  }

  /** Returns what the host holds of heap and direct memory after a garbage collection, in bytes. */
  long hostBytes() throws IOException {
    host.say("usage");
    return Long.parseLong(host.answer());
  }

  /** Returns how long the host's audit log is. */
  long auditBytes() throws IOException {
    return Files.size(PlayedHost.audit(directory));
  }

  @Override
  public void close() {
    all.forEach(Played::close);
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
