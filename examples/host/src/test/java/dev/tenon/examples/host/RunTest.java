package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The command {@code run}, from its start to its end by a signal. */
final class RunTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private Place place;

  @BeforeEach
  void makePlace() throws IOException {
    place = Place.make();
  }

  @AfterEach
  void removePlace() throws IOException {
    place.close();
  }

  /** Row: LC-7. */
  @Test
  void run_askedToEnd_leavesNothingAndEndsWithZero() throws Exception {
    try (HostProcess host = run()) {
      await().atMost(LIMIT).until(() -> host.out().equals("running: 7 plugins\n"));
      List<ProcessHandle> plugins = host.process().descendants().toList();
      assertThat(plugins).hasSameSizeAs(Place.RUNS);
      assertThat(place.sockets()).isNotEmpty();

      host.process().destroy(); // SIGTERM

      assertThat(host.status()).isZero();
      assertThat(plugins).noneMatch(ProcessHandle::isAlive);
      assertThat(place.sockets()).isEmpty();
      assertThat(Files.readString(place.audit())).contains("\"stop\"");
    }
  }

  /** A plugin folder with a program that ends at once: the message says which and why. */
  @Test
  void run_withPluginThatDoesNotStart_endsWithFour() throws Exception {
    BrokenPlugins.write(place, "quitter", "#!/bin/sh\necho no luck today >&2\nexit 7\n");
    place.configure("");
    Files.writeString(
        place.config(),
        Files.readString(place.config()).replaceFirst("plugins = .*", "plugins = \"broken\""));
    try (HostProcess host = run()) {
      assertThat(host.status()).isEqualTo(4);
      assertThat(host.err()).contains("quitter").contains("status 7").contains("no luck today");
      assertThat(host.out()).isEmpty();
      assertThat(place.sockets()).isEmpty();
    }
  }

  /** The same with a plugin that is not required: reported, and the host runs. Row: LC-27 */
  @Test
  void run_withoutPluginThatIsNotRequired_saysSoAndRuns() throws Exception {
    BrokenPlugins.write(place, "quitter", "#!/bin/sh\necho no luck today >&2\nexit 7\n");
    place.configure("");
    Files.writeString(
        place.config(),
        Files.readString(place.config())
            .replaceFirst("plugins = .*", "plugins = \"broken\"")
            .replaceFirst("required = .*", "required = []"));
    try (HostProcess host = run()) {
      await()
          .atMost(LIMIT)
          .until(() -> host.out().equals("running: 1 plugins; unavailable: quitter\n"));
      assertThat(host.err()).contains("not required").contains("no luck today");

      host.process().destroy(); // SIGTERM

      assertThat(host.status()).isZero();
    }
  }

  private HostProcess run() throws IOException {
    return HostProcess.start(place, List.of("run", "--config", place.config().toString()));
  }
}
