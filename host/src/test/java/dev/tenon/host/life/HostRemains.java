package dev.tenon.host.life;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** What a host could leave behind in its JVM: threads, sockets, files. */
final class HostRemains {
  private HostRemains() {}

  static Set<Thread> threads() {
    return new HashSet<>(Thread.getAllStackTraces().keySet());
  }

  /**
   * Waits until no thread is left that was not there {@code before}; the JDK's, gRPC's and Netty's
   * own, which any number of hosts share and which end by themselves, do not count.
   */
  static void awaitNone(Set<Thread> before) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () -> {
              Set<Thread> left = threads();
              left.removeAll(before);
              left.removeIf(HostRemains::isShared);
              org.assertj.core.api.Assertions.assertThat(left).isEmpty();
            });
  }

  private static boolean isShared(Thread thread) {
    String name = thread.getName();
    return !thread.isAlive()
        || name.startsWith("process reaper")
        || name.startsWith("ForkJoinPool.commonPool")
        || name.startsWith("CompletableFutureDelayScheduler")
        || name.startsWith("Cleaner-")
        || name.startsWith("awaitility")
        || name.startsWith("surefire");
  }

  /** Returns the open files of this JVM below {@code home}. */
  static List<String> files(TestHome home) {
    return open().stream().filter(file -> file.startsWith(home.root().toString())).toList();
  }

  /** Returns how many sockets, pipes and event queues this JVM has open. */
  static long channels() {
    return open().stream()
        .filter(
            file ->
                file.startsWith("socket:")
                    || file.startsWith("pipe:")
                    || file.startsWith("anon_inode:"))
        .count();
  }

  private static List<String> open() {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.map(HostRemains::target).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String target(Path file) {
    try {
      return Files.readSymbolicLink(file).toString();
    } catch (IOException e) {
      return ""; // closed meanwhile
    }
  }
}
