package dev.tenon.auth.audit;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;

/**
 * Compresses sealed segments, on a thread of its own. A segment is there, whole, under one of its
 * two names at any moment; the other is removed when this one is on disk. Thread-safe.
 */
final class Archive implements AutoCloseable {
  /** How the name of a file ends that is being written. */
  static final String UNFINISHED = ".gz.part";

  private static final System.Logger LOG = System.getLogger(Archive.class.getName());

  private final LogFiles files;
  private final Path folder;
  private final ThreadPoolExecutor thread =
      new ThreadPoolExecutor(
          1,
          1,
          10,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          task -> {
            Thread worker = new Thread(task, "tenon-audit-archive");
            worker.setDaemon(true);
            return worker;
          });

  Archive(LogFiles files, Path folder) {
    this.folder = folder;
    this.files = files;
    thread.allowCoreThreadTimeOut(true);
  }

  /** Compresses {@code sealed} soon. */
  void add(Path sealed) {
    try {
      thread.execute(() -> compressOrLog(sealed));
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "left for the next start: {0}", sealed);
    }
  }

  private void compressOrLog(Path sealed) {
    try {
      compress(sealed);
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.WARNING, "A sealed segment of the audit log stays uncompressed", e);
    }
  }

  private void compress(Path sealed) throws IOException {
    Path compressed = LogPaths.compressed(sealed);
    Path unfinished = compressed.resolveSibling(String.valueOf(sealed.getFileName()) + UNFINISHED);
    Files.deleteIfExists(unfinished);
    files.create(unfinished, LogFiles.Mode.OVERWRITE).close();
    try (FileChannel out = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
      OutputStream buffered = new BufferedOutputStream(Channels.newOutputStream(out), 1 << 16);
      GZIPOutputStream gzip = new GZIPOutputStream(buffered);
      Files.copy(sealed, gzip);
      gzip.finish();
      buffered.flush();
      out.force(true);
    }
    Files.deleteIfExists(compressed);
    files.move(unfinished, compressed);
    files.syncDirectory(folder);
    files.delete(sealed);
  }

  /** Waits for what is being compressed, within reason; what is left is for the next start. */
  @Override
  public void close() {
    thread.getQueue().clear();
    thread.shutdown();
    try {
      if (!thread.awaitTermination(10, TimeUnit.SECONDS)) {
        LOG.log(Level.WARNING, "A segment of the audit log is still being compressed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
