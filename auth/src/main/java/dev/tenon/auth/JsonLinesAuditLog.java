package dev.tenon.auth;

import java.io.IOException;
import java.nio.file.Path;

/** An audit log in a file of JSON lines. */
public final class JsonLinesAuditLog implements AuditLog {
  private JsonLinesAuditLog() {}

  /**
   * Opens {@code file} for appending.
   *
   * @throws IOException if it cannot be opened
   */
  public static JsonLinesAuditLog open(Path file) throws IOException {
    if (file.toString().isEmpty()) {
      throw new IOException("not yet");
    }
    return new JsonLinesAuditLog();
  }

  @Override
  public void record(AuditEvent event) throws AuditFailedException {
    throw new AuditFailedException("not yet");
  }

  @Override
  public void close() {}
}
