package dev.tenon.auth.audit;

import dev.tenon.auth.audit.LogFiles.LogFile;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The segments of a log on disk, written by one thread.
 *
 * <p>A segment that could not be written, or forced, is never written or forced again: after a
 * failed fsync the next one may succeed although the data is lost. It is cut back to what was
 * acknowledged, if that is possible, and sealed; the records go to a new segment, whose first
 * record says so.
 */
final class SegmentStore implements Closeable {
  private static final System.Logger LOG = System.getLogger(SegmentStore.class.getName());

  private final LogPaths paths;
  private final LogFiles files;
  private final long maxBytes;
  private final InstantSource clock;
  private final Head head;
  private final Archive archive;

  private Link last;
  private @Nullable LogFile active;
  private long activeFirst;
  private long activeBytes;
  private long rotateAt;
  private @Nullable AuditEvent continued;
  private @Nullable AuditEvent repaired;
  private Standing standing = Standing.NOTHING;

  /** What of ours stands where the next segment is to be made. */
  private enum Standing {
    /** Nothing. */
    NOTHING,
    /** A segment to be sealed. */
    SEGMENT,
    /** A file of which no record was acknowledged. */
    NO_SEGMENT
  }

  private SegmentStore(
      LogPaths paths, LogFiles files, long maxBytes, InstantSource clock, Head head, Link last) {
    this.paths = paths;
    this.files = files;
    this.maxBytes = maxBytes;
    this.clock = clock;
    this.head = head;
    this.last = last;
    this.archive = new Archive(files, paths.folder());
  }

  /**
   * Opens the log, and cuts off what a crash left of a record.
   *
   * @throws AuditBrokenException if its last segment is not what was written
   * @throws IOException if it cannot be opened
   */
  static SegmentStore open(LogPaths paths, LogFiles files, long maxBytes, InstantSource clock)
      throws IOException {
    Optional<AuditEvent> repaired = repair(paths, files, clock);
    AuditVerification end = ChainCheck.end(paths).verify();
    if (!(end instanceof AuditVerification.Whole whole)) {
      throw end instanceof AuditVerification.Broken broken
          ? new AuditBrokenException(broken)
          : new IOException("audit log: " + end.describe());
    }
    Head head = Files.exists(paths.head()) ? Head.open(files, paths) : Head.create(files, paths);
    SegmentStore store =
        new SegmentStore(paths, files, maxBytes, clock, head, new Link(whole.last(), whole.head()));
    store.repaired = repaired.orElse(null);
    try {
      store.resume();
    } catch (IOException e) {
      store.closeQuietly(head);
      throw e;
    }
    return store;
  }

  private static Optional<AuditEvent> repair(LogPaths paths, LogFiles files, InstantSource clock)
      throws IOException {
    if (!(ChainCheck.end(paths).verify() instanceof AuditVerification.TornTail torn)) {
      return Optional.empty();
    }
    long bytes;
    try (LogFile file = files.open(torn.segment(), LogFiles.Mode.APPEND)) {
      bytes = file.size() - torn.offset();
      file.truncate(torn.offset());
      file.force();
    }
    LOG.log(Level.WARNING, "audit log: cut off what a crash left: {0}", torn.describe());
    return Optional.of(
        LogEvents.repaired(
            clock.instant(), String.valueOf(torn.segment().getFileName()), torn.offset(), bytes));
  }

  private void resume() throws IOException {
    if (Files.exists(paths.active())) {
      active = files.open(paths.active(), LogFiles.Mode.APPEND);
      activeBytes = active.size();
      activeFirst =
          SegmentReader.first(paths.active())
              .map(first -> first.before().sequence() + 1)
              .orElse(last.sequence() + 1);
      rotateAt = maxBytes;
    }
    head.write(last);
    for (Path sealed : paths.uncompressed()) {
      archive.add(sealed);
    }
  }

  /**
   * Appends {@code events}, in their order. When this returns they outlive the loss of power.
   *
   * @throws IOException if none of them counts as written; some may be in the files
   */
  void append(List<AuditEvent> events) throws IOException {
    try {
      turnOver();
      commit(events);
    } catch (IOException | RuntimeException | Error failed) {
      abandon(failed);
      try {
        commit(events);
      } catch (IOException | RuntimeException | Error again) {
        abandon(again);
        again.addSuppressed(failed);
        throw again;
      }
    }
  }

  /** Leaves a segment that was moved away, and one that is full. */
  private void turnOver() throws IOException {
    if (active == null) {
      return;
    }
    if (!active.isAt(paths.active())) {
      closeQuietly(active);
      active = null;
    } else if (active.size() != activeBytes) {
      leaveChanged(active);
    } else if (activeBytes >= rotateAt) {
      rotate(active);
    }
  }

  /** Somebody else wrote to the segment or cut it; it stays as it is, for whoever looks into it. */
  private void leaveChanged(LogFile changed) {
    closeQuietly(changed);
    active = null;
    standing = Standing.SEGMENT;
    continued =
        LogEvents.continued(
            clock.instant(),
            String.valueOf(paths.sealed(activeFirst).getFileName()),
            "the segment was changed by somebody else");
  }

  private void rotate(LogFile full) throws IOException {
    Path sealed = paths.sealed(activeFirst);
    try {
      files.move(paths.active(), sealed);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "audit log: a full segment is written on: it cannot be moved", e);
      rotateAt += maxBytes;
      return;
    }
    files.syncDirectory(paths.folder());
    head.force();
    closeQuietly(full);
    active = null;
    archive.add(sealed);
  }

  private void commit(List<AuditEvent> events) throws IOException {
    LogFile known = active;
    boolean first = known == null;
    LogFile file = known == null ? begin() : known;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Link link = last;
    if (continued != null) {
      link = add(bytes, continued, link);
    }
    if (repaired != null) {
      link = add(bytes, repaired, link);
    }
    for (AuditEvent event : events) {
      link = add(bytes, event, link);
    }
    file.write(bytes.toByteArray());
    file.force();
    if (first) {
      files.syncDirectory(paths.folder());
    }
    if (!file.isAt(paths.active())) {
      throw new IOException("the segment was moved while it was written");
    }
    head.write(link);
    last = link;
    activeBytes += bytes.size();
    continued = null;
    repaired = null;
  }

  private Link add(ByteArrayOutputStream bytes, AuditEvent event, Link before) {
    byte[] covered =
        ChainedLine.covered(event, before, /* first= */ activeBytes + bytes.size() == 0);
    Link link = before.next(covered);
    bytes.writeBytes(ChainedLine.line(covered, link));
    return link;
  }

  /** Makes the next segment, in the place of what stands there. */
  private LogFile begin() throws IOException {
    switch (standing) {
      case SEGMENT -> files.move(paths.active(), paths.sealed(activeFirst));
      case NO_SEGMENT -> files.delete(paths.active());
      case NOTHING -> {}
    }
    standing = Standing.NOTHING;
    LogFile made;
    try {
      made = files.create(paths.active(), LogFiles.Mode.APPEND);
    } catch (FileAlreadyExistsException e) {
      made = emptyFile(); // Log rotation may have made one.
    }
    active = made;
    activeFirst = last.sequence() + 1;
    activeBytes = 0;
    rotateAt = maxBytes;
    return made;
  }

  private LogFile emptyFile() throws IOException {
    LogFile found = files.open(paths.active(), LogFiles.Mode.APPEND);
    if (found.size() != 0) {
      closeQuietly(found);
      throw new IOException(paths.active() + ": made by somebody else (expected: empty, or none)");
    }
    return found;
  }

  /** Never touches the active segment again, but to cut it back and to seal it. */
  private void abandon(Throwable why) {
    LogFile failed = active;
    active = null;
    String name = String.valueOf(paths.active().getFileName());
    if (failed != null) {
      try {
        if (failed.isAt(paths.active())) {
          standing = activeBytes == 0 ? Standing.NO_SEGMENT : Standing.SEGMENT;
          name = String.valueOf(paths.sealed(activeFirst).getFileName());
        }
        failed.truncate(activeBytes);
      } catch (IOException | RuntimeException e) {
        why.addSuppressed(e);
      }
      closeQuietly(failed);
    }
    if (continued == null) { // What went wrong first is what the trail has to tell.
      continued = LogEvents.continued(clock.instant(), name, reason(why));
    }
  }

  /** An exception of the file system may name a path; of others the kind must do. */
  private static String reason(Throwable why) {
    return why instanceof IOException ? String.valueOf(why.getMessage()) : why.getClass().getName();
  }

  private void closeQuietly(Closeable file) {
    try {
      file.close();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "a file of the audit log was not closed cleanly", e);
    }
  }

  @Override
  public void close() throws IOException {
    archive.close();
    try (head) {
      head.force();
    } finally {
      if (active != null) {
        active.close();
      }
    }
  }
}
