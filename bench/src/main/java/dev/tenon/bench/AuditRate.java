package dev.tenon.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.auth.audit.JsonLinesAuditLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * How many audit records a second are acknowledged, for several numbers of callers that each wait
 * for theirs. Beside it, in the same round and folder, what the disk takes one after another: a
 * line of the same length written, a fsync, the next line.
 */
final class AuditRate {
  /** Callers at once. */
  static final List<Integer> CALLERS = List.of(1, 2, 4, 16, 64);

  private static final AuditEvent EVENT =
      new AuditEvent(
          Instant.EPOCH,
          "call",
          "words-0000000000000abc",
          "relay",
          "/acme.kv.v1.KeyValue/Get",
          AuditEvent.Outcome.SUCCESS,
          Map.of("rule", "words-to-letters"));

  private final Path folder;
  private final int rounds;
  private final long windowNanos;

  /**
   * @param folder where the files go, which are deleted again; on the disk that is asked about
   * @param window how long each is measured, after half of that without
   */
  AuditRate(Path folder, int rounds, Duration window) {
    this.folder = requireNonNull(folder, "folder");
    this.rounds = rounds;
    windowNanos = window.toNanos();
  }

  /**
   * What one round measured, in records a second.
   *
   * @param serial one after another, each with its fsync
   * @param byCallers in the order of {@link #CALLERS}
   */
  record Round(double serial, List<Double> byCallers) {
    Round {
      byCallers = List.copyOf(byCallers);
    }
  }

  /**
   * Measures.
   *
   * @throws IOException if the disk fails
   */
  List<Round> measure() throws IOException, InterruptedException {
    List<Round> measured = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      List<Double> byCallers = new ArrayList<>();
      double before = serial();
      for (int callers : CALLERS) {
        byCallers.add(inNewFolder(place -> acknowledged(place, callers)));
      }
      measured.add(new Round((before + serial()) / 2, byCallers));
    }
    return measured;
  }

  /** What is measured in a folder. */
  @FunctionalInterface
  private interface Measured {
    double in(Path place) throws IOException, InterruptedException;
  }

  private double inNewFolder(Measured measured) throws IOException, InterruptedException {
    Path place = Files.createTempDirectory(folder, "audit");
    try {
      return measured.in(place);
    } finally {
      try (Stream<Path> files = Files.walk(place)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private double serial() throws IOException, InterruptedException {
    return inNewFolder(
        place -> {
          byte[] line = line(place);
          try (FileChannel file =
              FileChannel.open(
                  place.resolve("serial"),
                  StandardOpenOption.CREATE_NEW,
                  StandardOpenOption.APPEND)) {
            serial(file, line, windowNanos / 2);
            return serial(file, line, windowNanos);
          }
        });
  }

  /** Returns a line as the log writes it. */
  private static byte[] line(Path place) throws IOException {
    Path file = place.resolve("audit.jsonl");
    try (AuditLog log = JsonLinesAuditLog.open(file)) {
      log.record(EVENT);
      log.record(EVENT);
    } catch (AuditFailedException e) {
      throw new IOException(e);
    }
    return (Files.readAllLines(file, US_ASCII).get(1) + "\n").getBytes(US_ASCII);
  }

  private static double serial(FileChannel file, byte[] line, long nanos) throws IOException {
    long records = 0;
    long begun = System.nanoTime();
    while (System.nanoTime() - begun < nanos) {
      ByteBuffer bytes = ByteBuffer.wrap(line);
      while (bytes.hasRemaining()) {
        var unused = file.write(bytes);
      }
      file.force(false);
      records++;
    }
    return perSecond(records, System.nanoTime() - begun);
  }

  private double acknowledged(Path place, int callers) throws IOException, InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(callers);
    try (AuditLog log = JsonLinesAuditLog.open(place.resolve("audit.jsonl"))) {
      var unused = acknowledged(log, threads, callers, windowNanos / 2);
      return acknowledged(log, threads, callers, windowNanos);
    } finally {
      threads.shutdownNow();
    }
  }

  private static double acknowledged(AuditLog log, ExecutorService threads, int callers, long nanos)
      throws IOException, InterruptedException {
    long begun = System.nanoTime();
    List<Future<Long>> counts = new ArrayList<>();
    for (int i = 0; i < callers; i++) {
      counts.add(threads.submit(() -> record(log, begun + nanos)));
    }
    long records = 0;
    try {
      for (Future<Long> count : counts) {
        records += count.get();
      }
    } catch (ExecutionException e) {
      throw new IOException("an audit record was not written", e);
    }
    return perSecond(records, System.nanoTime() - begun);
  }

  private static long record(AuditLog log, long end) throws AuditFailedException {
    long records = 0;
    while (System.nanoTime() - end < 0) {
      log.record(EVENT);
      records++;
    }
    return records;
  }

  private static double perSecond(long records, long nanos) {
    return records * 1e9 / nanos;
  }
}
