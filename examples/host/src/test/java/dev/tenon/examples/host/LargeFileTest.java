package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * A file larger than the memory of any process it goes through: 128 MiB where every heap has 64
 * MiB; with {@code -Dtenon.full=true} 1 GiB.
 */
final class LargeFileTest {
  private static final long MIB = 1L << 20;
  private static final long FILE_BYTES = (Boolean.getBoolean("tenon.full") ? 1024 : 128) * MIB;

  /** Heap, direct memory, code and the JVM itself; 1 GiB in any one process would show. */
  private static final long MAX_PROCESS_KIB = 400 * 1024;

  @Test
  void demo_onLargeFile_streamsInFlatMemory() throws Exception {
    try (Place place = Place.make()) {
      Path file = place.folder().resolve("large");
      try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
        sparse.setLength(FILE_BYTES);
      }
      List<String> jvm = List.of("-Xmx64m", "-XX:MaxDirectMemorySize=32m");
      List<String> arguments =
          List.of("demo", "--config", place.config().toString(), file.toString());
      long startNanos = System.nanoTime();
      try (HostProcess host = HostProcess.start(place, jvm, arguments);
          PeakMemory memory = new PeakMemory(host.process().toHandle())) {
        assertThat(host.status()).as(host.err()).isZero();
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);

        Printed printed = Printed.of(host.out());
        assertThat(printed.files().get(0))
            .containsEntry("BYTES", Long.toString(FILE_BYTES))
            .containsEntry("CHARACTERS", Long.toString(FILE_BYTES))
            .containsEntry("LINES", "1")
            .containsEntry("WORDS", "1");
        memory.print(printed, host.process().pid(), millis);
        assertThat(memory.peaksKib).hasSizeGreaterThanOrEqualTo(4);
        assertThat(memory.peaksKib.values()).allMatch(kib -> kib < MAX_PROCESS_KIB);
      }
    }
  }

  /** The peak resident sizes of a process and of all that it starts, as the kernel tells them. */
  private static final class PeakMemory implements AutoCloseable {
    private final ScheduledExecutorService watcher = Executors.newSingleThreadScheduledExecutor();
    private final ConcurrentMap<Long, Long> peaksKib = new ConcurrentHashMap<>();

    PeakMemory(ProcessHandle root) {
      var unused =
          watcher.scheduleWithFixedDelay(
              () -> Stream.concat(Stream.of(root), root.descendants()).forEach(this::read),
              0,
              20,
              TimeUnit.MILLISECONDS);
    }

    private void read(ProcessHandle process) {
      try (Stream<String> lines =
          Files.lines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
        lines
            .filter(line -> line.startsWith("VmHWM:"))
            .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
            .forEach(kib -> peaksKib.merge(process.pid(), kib, Math::max));
      } catch (IOException | java.io.UncheckedIOException e) {
        // It has ended.
      }
    }

    void print(Printed printed, long hostPid, long millis) {
      System.out.printf("%d MiB in %d ms%n", FILE_BYTES / MIB, millis);
      System.out.printf("host %d MiB%n", peaksKib.getOrDefault(hostPid, 0L) / 1024);
      for (Map<String, String> plugin : printed.plugins()) {
        long kib = peaksKib.getOrDefault(Long.parseLong(plugin.get("PID")), 0L);
        System.out.printf("%s %d MiB%n", plugin.get("PLUGIN"), kib / 1024);
      }
    }

    @Override
    public void close() {
      watcher.shutdownNow();
    }
  }
}
