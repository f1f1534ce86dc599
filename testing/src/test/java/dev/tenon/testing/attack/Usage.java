package dev.tenon.testing.attack;

import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Oracle O3: what this JVM holds at one moment. Host, attackers and test share it, so the
 * tolerances leave room for pools that grow once; what an attack leaves behind each time does not
 * fit in them.
 */
record Usage(long heap, long direct, int threads, int files, long children, long places) {
  private static final long MEBIBYTE = 1024 * 1024;
  private static final Usage TOLERANCE =
      new Usage(24 * MEBIBYTE, 32 * MEBIBYTE, /* threads= */ 12, /* files= */ 12, 0, 0);

  /** The audit log seals a segment that could not be written; that one stays. */
  private static boolean isSealedAudit(Path file) {
    return file.getFileName().toString().startsWith("audit-");
  }

  /** Measures, after a garbage collection; {@code directory} is where the host keeps its files. */
  static Usage now(Path directory) {
    System.gc();
    Runtime memory = Runtime.getRuntime();
    return new Usage(
        memory.totalMemory() - memory.freeMemory(),
        directBytes(),
        liveThreads(),
        openFiles(),
        ProcessHandle.current().descendants().count(),
        places(directory));
  }

  /**
   * Returns how many there are, without those of grpc-java that end when they were idle for 60 s.
   */
  private static int liveThreads() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    return (int)
        Stream.of(threads.getThreadInfo(threads.getAllThreadIds()))
            .filter(Objects::nonNull) // It has ended meanwhile.
            .filter(thread -> !thread.getThreadName().startsWith("grpc-default-executor-"))
            .count();
  }

  private static long directBytes() {
    long ofNetty = Math.max(0, PlatformDependent.usedDirectMemory());
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .reduce(ofNetty, Long::sum);
  }

  private static int openFiles() {
    String[] open = Path.of("/proc/self/fd").toFile().list();
    return open == null ? 0 : open.length;
  }

  private static long places(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(file -> !isSealedAudit(file)).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns what is more here than in {@code before}, beyond the tolerance. */
  List<String> violations(Usage before) {
    List<String> violations = new ArrayList<>();
    add(violations, "bytes of heap", heap, before.heap, TOLERANCE.heap);
    add(violations, "bytes of direct memory", direct, before.direct, TOLERANCE.direct);
    add(violations, "threads", threads, before.threads, TOLERANCE.threads);
    add(violations, "open files", files, before.files, TOLERANCE.files);
    add(violations, "child processes", children, before.children, TOLERANCE.children);
    add(violations, "files of the host", places, before.places, TOLERANCE.places);
    return violations;
  }

  private static void add(
      List<String> violations, String what, long now, long before, long tolerance) {
    if (now > before + tolerance) {
      violations.add(
          "O3: " + now + " " + what + " (expected: at most " + before + " + " + tolerance + ")");
    }
  }
}
