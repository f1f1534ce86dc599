package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.PluginName;
import dev.tenon.host.HeldSecrets;
import dev.tenon.host.PluginHost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a host has of plugins, wherever it is: tables, the graph around one plugin, credentials,
 * files and sockets, processes.
 */
record Belongings(
    List<?> plugins,
    List<?> registrations,
    Object graph,
    HeldSecrets secrets,
    List<String> files,
    List<Long> pids) {
  private static final Duration SOON = Duration.ofMinutes(2);

  /** Looks at {@code host}, which has the plugin {@code base}. */
  static Belongings of(TestHome home, PluginHost host, PluginName base) {
    return new Belongings(
        host.plugins(),
        host.registrations(),
        host.impact(base),
        HeldSecrets.of(host),
        files(home),
        ProcessHandle.current()
            .descendants()
            .filter(ProcessHandle::isAlive)
            .map(ProcessHandle::pid)
            .sorted()
            .toList());
  }

  private static List<String> files(TestHome home) {
    try (Stream<Path> all = Files.walk(home.run())) {
      return all.map(Path::toString).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until {@code host} has these again, and no more. */
  void awaitIn(TestHome home, PluginHost host, PluginName base) {
    await()
        .atMost(SOON)
        .ignoreExceptionsInstanceOf(UncheckedIOException.class) // what is deleted is walked
        .untilAsserted(() -> assertThat(of(home, host, base)).isEqualTo(this));
    await().atMost(SOON).untilAsserted(() -> assertThat(ProcessTable.zombies()).isEmpty());
  }
}
