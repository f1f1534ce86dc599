package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A plugin that dies while the demo counts a file that would take it long. */
final class KilledPluginTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final long FILE_BYTES = 1L << 40;

  private Place place;

  @BeforeEach
  void makePlace() throws IOException {
    place = Place.make();
  }

  @AfterEach
  void removePlace() throws IOException {
    place.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"words", "files"})
  void demo_whosePluginIsKilled_saysSoAndEndsWithFour(String plugin) throws Exception {
    Path file = place.folder().resolve("large");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(FILE_BYTES);
    }
    List<String> arguments =
        List.of("demo", "--config", place.config().toString(), file.toString());
    try (HostProcess host = HostProcess.start(place, arguments)) {
      await().atMost(LIMIT).until(() -> host.out().contains("\n\n"));
      List<ProcessHandle> plugins = host.process().descendants().toList();

      ProcessHandle.of(pid(host, plugin)).orElseThrow().destroyForcibly();

      assertThat(host.status()).as(host.err()).isEqualTo(4);
      assertThat(host.err())
          .contains(file + ": ")
          .contains("UNAVAILABLE")
          .containsPattern(
              "plugin " + plugin + ": (ended with status 137|its process has ended)\n");
      assertThat(Printed.of(host.out()).files().get(0)).containsEntry("LINES", "-");
      assertThat(plugins).noneMatch(ProcessHandle::isAlive);
      assertThat(place.sockets()).isEmpty();
    }
  }

  private static long pid(HostProcess host, String plugin) {
    return Printed.of(host.out()).plugins().stream()
        .filter(row -> plugin.equals(row.get("PLUGIN")))
        .map((Map<String, String> row) -> Long.parseLong(row.get("PID")))
        .findFirst()
        .orElseThrow();
  }
}
