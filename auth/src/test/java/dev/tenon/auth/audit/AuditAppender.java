package dev.tenon.auth.audit;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A program that writes audit records until it is killed, from several threads, and says on
 * standard output which ones it was told of: {@code writer number}, a line each.
 */
final class AuditAppender {
  private AuditAppender() {}

  public static void main(String[] args) throws Exception {
    String run = args[1];
    AuditSettings settings = AuditSettings.DEFAULT.segments(16 * 1024);
    JsonLinesAuditLog log = JsonLinesAuditLog.open(Path.of(args[0]), settings);
    for (int i = 0; i < 4; i++) {
      String writer = run + "." + i;
      new Thread(() -> write(log, writer)).start();
    }
  }

  private static void write(AuditLog log, String writer) {
    try {
      for (long n = 0; ; n++) {
        log.record(Events.named(writer, n));
        byte[] told = (writer + " " + n + "\n").getBytes(StandardCharsets.US_ASCII);
        synchronized (System.out) {
          System.out.write(told, 0, told.length);
          System.out.flush();
        }
      }
    } catch (AuditFailedException e) {
      throw new AssertionError(e);
    }
  }
}
