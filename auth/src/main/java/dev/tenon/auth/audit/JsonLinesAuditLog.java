package dev.tenon.auth.audit;

import static java.util.Objects.requireNonNull;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * An audit log in a file that only its owner can read, one JSON object a line. Thread-safe.
 *
 * <p>A record is with the operating system before {@link #record} returns: it outlives this
 * process, though not the loss of power. After a failed write the file may end in half a line; the
 * next record then begins with a line feed, so that the half line stays alone and a reader can skip
 * it, as it skips empty lines.
 */
public final class JsonLinesAuditLog implements AuditLog {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  /*
   * One writer at a time, under `lock`. The stream is a FileOutputStream, not a FileChannel: a
   * channel is closed for good when a thread that writes to it is interrupted.
   */
  private final Object lock = new Object();
  private final OutputStream out;
  private boolean torn;
  private boolean closed;

  /** Writes to {@code out}, which is at the start of a line unless it is {@code torn}. */
  JsonLinesAuditLog(OutputStream out, boolean torn) {
    this.out = out;
    this.torn = torn;
  }

  /**
   * Opens {@code file} for appending, and makes it if there is none; its folder must exist. A
   * regular file is made readable and writable for its owner alone.
   *
   * @throws IOException if it cannot be opened or its mode cannot be set
   */
  public static JsonLinesAuditLog open(Path file) throws IOException {
    Path absolute = requireNonNull(file, "file").toAbsolutePath();
    Path folder = absolute.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new NoSuchFileException(absolute.toString(), null, "audit log: its folder is missing");
    }
    create(absolute);
    boolean torn = endsInHalfLine(absolute);
    return new JsonLinesAuditLog(new FileOutputStream(absolute.toFile(), true), torn);
  }

  private static void create(Path file) throws IOException {
    boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
    FileAttribute<?>[] attributes =
        posix
            ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
            : new FileAttribute<?>[0];
    try {
      Files.createFile(file, attributes);
    } catch (FileAlreadyExistsException e) {
      if (posix && Files.isRegularFile(file)) {
        Files.setPosixFilePermissions(file, OWNER_ONLY);
      }
    }
  }

  private static boolean endsInHalfLine(Path file) throws IOException {
    if (!Files.isRegularFile(file) || Files.size(file) == 0) {
      return false;
    }
    try (RandomAccessFile written = new RandomAccessFile(file.toFile(), "r")) {
      written.seek(written.length() - 1);
      return written.read() != '\n';
    }
  }

  @Override
  public void record(AuditEvent event) throws AuditFailedException {
    byte[] line = AuditJson.line(event);
    synchronized (lock) {
      if (closed) {
        throw new AuditFailedException("audit log: closed");
      }
      boolean afterHalfLine = torn;
      torn = true;
      try {
        out.write(afterHalfLine ? prefixed(line) : line);
        out.flush();
      } catch (IOException e) {
        throw new AuditFailedException("audit log: a record could not be written", e);
      }
      torn = false;
    }
  }

  private static byte[] prefixed(byte[] line) {
    byte[] prefixed = new byte[line.length + 1];
    prefixed[0] = '\n';
    System.arraycopy(line, 0, prefixed, 1, line.length);
    return prefixed;
  }

  @Override
  public void close() {
    synchronized (lock) {
      if (closed) {
        return;
      }
      closed = true;
      try {
        out.close();
      } catch (IOException e) {
        System.getLogger(JsonLinesAuditLog.class.getName())
            .log(System.Logger.Level.WARNING, "The audit log was not closed cleanly", e);
      }
    }
  }
}
