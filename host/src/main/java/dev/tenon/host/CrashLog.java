package dev.tenon.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.Set;

/**
 * What nobody caught in a thread of the host's, one JSON object a line, beside the log.
 * Thread-safe.
 *
 * <p>A record has the types of the failure and its causes and where it came from, and no message: a
 * message may hold what the failing code worked on. The file and the one before it have {@link
 * #MAX_BYTES} each, at most about; both are readable by their owner alone.
 */
final class CrashLog implements Thread.UncaughtExceptionHandler {
  /** Size from which on a file is put aside. */
  static final long MAX_BYTES = 1024 * 1024;

  private static final System.Logger LOG = System.getLogger(CrashLog.class.getName());
  private static final int MAX_CAUSES = 5;
  private static final int MAX_FRAMES = 20;

  private final Path file;
  private final InstantSource clock;

  /** Makes the log; the file is made with its first record, in a folder that exists by then. */
  CrashLog(Path file, InstantSource clock) {
    this.file = requireNonNull(file, "file");
    this.clock = requireNonNull(clock, "clock");
  }

  @Override
  public void uncaughtException(Thread thread, Throwable failure) {
    LOG.log(
        Level.ERROR,
        "thread {0} of the host failed: {1}; {2} has where",
        thread.getName(),
        failure.getClass().getName(),
        file);
    try {
      append(record(thread, failure) + "\n");
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.ERROR, "{0} could not be written: {1}", file, e.getClass().getName());
    }
  }

  private String record(Thread thread, Throwable failure) {
    JsonObject record = new JsonObject();
    record.addProperty("timestamp", clock.instant().toString());
    record.addProperty("thread", thread.getName());
    JsonArray failures = new JsonArray();
    Throwable current = failure;
    for (int i = 0; i < MAX_CAUSES && current != null; i++) {
      failures.add(one(current));
      current = current.getCause();
    }
    record.add("failures", failures);
    return record.toString();
  }

  private static JsonObject one(Throwable failure) {
    JsonArray frames = new JsonArray();
    StackTraceElement[] trace = failure.getStackTrace();
    for (int i = 0; i < trace.length && i < MAX_FRAMES; i++) {
      frames.add(trace[i].toString());
    }
    JsonObject one = new JsonObject();
    one.addProperty("type", failure.getClass().getName());
    one.add("at", frames);
    return one;
  }

  /** One write to a file that is open for appending: lines of two threads do not mix. */
  private void append(String line) throws IOException {
    if (Files.exists(file) && Files.size(file) >= MAX_BYTES) {
      Files.move(
          file,
          file.resolveSibling(file.getFileName() + ".1"),
          StandardCopyOption.REPLACE_EXISTING);
    }
    boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
    FileAttribute<?>[] ownerOnly =
        posix
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0];
    try (FileChannel out =
        FileChannel.open(
            file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND), ownerOnly)) {
      ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(UTF_8));
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
    }
  }
}
