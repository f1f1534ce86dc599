package dev.tenon.auth.audit;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A program that writes a number of audit records, one after another, and ends. It says on standard
 * output what became of each: {@code told n}, or {@code refused n}. Where the log could not be
 * opened it says {@code closed}.
 */
final class CountedAppender {
  private CountedAppender() {}

  public static void main(String[] args) throws Exception {
    Path file = Path.of(args[0]);
    long from = Long.parseLong(args[1]);
    long to = Long.parseLong(args[2]);
    OutputStream out = new FileOutputStream(FileDescriptor.out);
    try (JsonLinesAuditLog log =
        JsonLinesAuditLog.open(file, AuditSettings.DEFAULT.segments(1024))) {
      for (long n = from; n <= to; n++) {
        say(out, record(log, n) + " " + n);
      }
      awaitArchive(new LogPaths(file));
    } catch (IOException e) {
      say(out, "closed");
    }
  }

  private static String record(AuditLog log, long n) {
    try {
      log.record(Events.named("w", n));
      return "told";
    } catch (AuditFailedException e) {
      return "refused";
    }
  }

  /** One line is one write. */
  private static void say(OutputStream out, String line) throws IOException {
    out.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  /** Closing does not wait for segments that are not being compressed yet. */
  private static void awaitArchive(LogPaths paths) throws IOException {
    for (int i = 0; i < 50 && !paths.uncompressed().isEmpty(); i++) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
  }
}
