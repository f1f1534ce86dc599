package dev.tenon.auth.audit;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * An audit log on disk, one JSON object a line, chained by SHA-256, in segments that only their
 * owner can read. Thread-safe.
 *
 * <p>One thread writes. It takes all records that wait, writes them together and forces them to
 * disk once; {@link #record} returns after that, so what it returned for outlives the loss of
 * power. After a failed write, or a failed force, no record of that batch counts as written: it is
 * tried in a new segment, once, and then refused. The log tries again with the next record, and so
 * goes on by itself when there is space again.
 *
 * <p>{@link AuditVerification} checks what was written.
 */
public final class JsonLinesAuditLog implements AuditLog {
  private static final System.Logger LOG = System.getLogger(JsonLinesAuditLog.class.getName());

  /*
   * Callers hand entries to `waiting`; `writer` alone touches the store, so that no interrupt of a
   * caller can close its channel and no lock is held while it writes. `ended` is set by the writer
   * before it refuses what is left in the queue, and read by callers after they put an entry there:
   * one of the two refuses it.
   */
  private final LogLock lock;
  private final SegmentStore store;
  private final AuditSettings settings;
  private final SinkFeed sinks;
  private final GroupCommit waiting = new GroupCommit();
  private final RefusalCounts refusals;
  private final ExecutorService told;
  private final Thread writer;
  private volatile boolean closed;
  private volatile boolean ended;
  private volatile @Nullable Throwable failing;

  private JsonLinesAuditLog(LogLock lock, SegmentStore store, AuditSettings settings) {
    this.lock = lock;
    this.store = store;
    this.settings = settings;
    sinks = new SinkFeed(settings.sinks());
    refusals = new RefusalCounts(settings.refusals().toNanos());
    told = Executors.newSingleThreadExecutor(named("tenon-audit-told"));
    writer = named("tenon-audit").newThread(this::write);
    writer.start();
  }

  private static ThreadFactory named(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  /** Opens a log as {@link #open(Path, AuditSettings)} does, with the default settings. */
  public static JsonLinesAuditLog open(Path file) throws IOException {
    return open(file, AuditSettings.DEFAULT);
  }

  /**
   * Opens the log whose active segment is {@code file}, and makes it if there is none; its folder
   * must exist. What a crash left of a last record is cut off, and recorded.
   *
   * @throws AuditBrokenException if the records are not those that were written
   * @throws IOException if it cannot be opened, or another host writes it
   */
  public static JsonLinesAuditLog open(Path file, AuditSettings settings) throws IOException {
    return open(file, settings, LogFiles.DISK);
  }

  static JsonLinesAuditLog open(Path file, AuditSettings settings, LogFiles files)
      throws IOException {
    requireNonNull(settings, "settings");
    LogPaths paths = new LogPaths(requireNonNull(file, "file"));
    if (!Files.isDirectory(paths.folder())) {
      throw new NoSuchFileException(
          paths.active().toString(), null, "audit log: its folder is missing");
    }
    if (Files.exists(paths.active()) && !Files.isRegularFile(paths.active())) {
      throw new IOException("audit log: " + paths.active() + " (expected: a regular file)");
    }
    LogLock lock = LogLock.take(paths);
    try {
      SegmentStore store =
          SegmentStore.open(paths, files, settings.segmentBytes(), settings.clock());
      return new JsonLinesAuditLog(lock, store, settings);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  @Override
  public void record(AuditEvent event) throws AuditFailedException {
    Entry entry = Entry.awaited(requireNonNull(event, "event"));
    long end = System.nanoTime() + settings.patience().toNanos();
    requireOpen();
    if (!waiting.offer(entry, settings.patience().toNanos())) {
      throw new AuditFailedException("audit log: too many records wait");
    }
    refuseIfEnded();
    await(entry.committed(), end);
  }

  private void requireOpen() throws AuditFailedException {
    if (closed) {
      throw new AuditFailedException("audit log: closed");
    }
  }

  private void refuseIfEnded() {
    if (ended) {
      waiting.drain().forEach(entry -> fail(entry, new IOException("closed")));
    }
  }

  /** Waits through interrupts: an interrupt is the caller's, and its record is under way. */
  private static void await(CompletableFuture<Void> committed, long end)
      throws AuditFailedException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          committed.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
          return;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      throw notWritten(cause == null ? null : cause.getCause());
    } catch (TimeoutException e) {
      throw new AuditFailedException("audit log: the disk takes too long", e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static AuditFailedException notWritten(@Nullable Throwable cause) {
    String message = "audit log: a record could not be written";
    return cause == null
        ? new AuditFailedException(message)
        : new AuditFailedException(message, cause);
  }

  @Override
  public CompletableFuture<Void> commit(AuditEvent event) {
    Entry entry = Entry.awaited(requireNonNull(event, "event"));
    if (closed) {
      return CompletableFuture.failedFuture(new AuditFailedException("audit log: closed"));
    }
    if (!waiting.offer(entry)) {
      return CompletableFuture.failedFuture(
          new AuditFailedException("audit log: too many records wait"));
    }
    CompletableFuture<Void> result = entry.committed().thenRunAsync(() -> {}, told);
    refuseIfEnded();
    return result;
  }

  @Override
  public void note(AuditEvent event) throws AuditFailedException {
    requireOpen();
    long now = System.nanoTime();
    if (refusals.isSingle(requireNonNull(event, "event"), now)
        && !waiting.offer(Entry.noted(event))) {
      refusals.count(event, now);
    }
    refuseIfEnded();
    Throwable fault = failing;
    if (fault != null) {
      throw notWritten(fault);
    }
  }

  private void write() {
    try {
      while (!closed || !waiting.isEmpty()) {
        List<Entry> batch = waiting.take(refusals.nanosUntilDue(System.nanoTime()));
        if (!batch.isEmpty()) {
          commit(batch);
        }
        if (refusals.nanosUntilDue(System.nanoTime()) == 0) {
          commitCounts();
        }
      }
      commitCounts();
    } catch (InterruptedException e) {
      LOG.log(Level.ERROR, "The audit log was interrupted; it takes no more records", e);
    } finally {
      closed = true;
      ended = true;
      refuseIfEnded();
    }
  }

  private void commit(List<Entry> batch) {
    List<AuditEvent> events = batch.stream().map(Entry::event).toList();
    long begun = System.nanoTime();
    Throwable fault = append(events);
    waiting.committed(batch.size(), System.nanoTime() - begun);
    batch.forEach(
        entry -> {
          if (fault == null) {
            entry.committed().complete(null);
          } else {
            fail(entry, fault);
          }
        });
  }

  private void fail(Entry entry, Throwable why) {
    entry.committed().completeExceptionally(notWritten(why));
    if (entry.kind() == Entry.Kind.NOTED) {
      refusals.count(entry.event(), System.nanoTime());
    }
  }

  private void commitCounts() {
    List<RefusalCounts.Counted> counts = refusals.take();
    List<AuditEvent> events = counts.stream().map(RefusalCounts.Counted::event).toList();
    if (!events.isEmpty() && append(events) != null) {
      counts.forEach(counted -> refusals.putBack(counted, System.nanoTime()));
    }
  }

  /** Returns what kept {@code events} from being written; null if they were. */
  private @Nullable Throwable append(List<AuditEvent> events) {
    try {
      store.append(events);
    } catch (IOException | RuntimeException | Error e) {
      if (failing == null) {
        LOG.log(Level.WARNING, "The audit log cannot be written: {0}", e.toString());
      }
      failing = e;
      return e;
    }
    if (failing != null) {
      failing = null;
      LOG.log(Level.WARNING, "The audit log can be written again");
    }
    sinks.tell(events);
    return null;
  }

  @Override
  public void close() {
    synchronized (told) {
      if (told.isShutdown()) {
        return;
      }
      closed = true;
      waiting.wake();
      joinWriter();
      told.shutdown();
    }
    if (writer.isAlive()) {
      LOG.log(Level.ERROR, "The audit log is still being written: the disk takes too long");
      return;
    }
    for (AutoCloseable part : List.of(sinks, store, lock)) {
      try {
        part.close();
      } catch (Exception e) {
        LOG.log(Level.WARNING, "The audit log was not closed cleanly", e);
      }
    }
  }

  private void joinWriter() {
    boolean interrupted = false;
    while (writer.isAlive()) {
      try {
        writer.join(settings.patience().toMillis());
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
