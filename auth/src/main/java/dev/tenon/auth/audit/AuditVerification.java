package dev.tenon.auth.audit;

import java.io.IOException;
import java.nio.file.Path;

/**
 * What the check of an audit log found. It reads all segments, and tells whether the records are
 * those that were written: none changed, cut out or cut off.
 *
 * <p>Whoever can write all files of the log can write another log with a chain of its own: compare
 * {@code head} with a copy that was kept elsewhere. After a loss of power the file that says how
 * far the log goes may be behind; a clean cut of the records since then does not show.
 */
public sealed interface AuditVerification {
  /**
   * All is as it was written.
   *
   * @param first the number of the first record that is there; earlier segments were removed if it
   *     is not 1
   * @param last the number of the last record; 0 if there is none
   * @param head the digest over all records up to it, in hex
   * @param segments how many files there are
   */
  record Whole(long first, long last, String head, int segments) implements AuditVerification {
    @Override
    public String describe() {
      return last == 0
          ? "whole: no records"
          : "whole: records " + first + " to " + last + " in " + segments + " segments, " + head;
    }
  }

  /**
   * A crash cut a record short that nobody was told of; everything before it is whole. The next
   * start cuts it off.
   *
   * @param line the line that is torn, from 1
   * @param offset where it begins, in bytes
   */
  record TornTail(Path segment, long line, long offset) implements AuditVerification {
    @Override
    public String describe() {
      return segment + ": line " + line + ", offset " + offset + ": a torn last record";
    }
  }

  /**
   * Records are missing or were changed.
   *
   * @param line the first line that is not what was written, from 1
   * @param offset where it begins, in bytes of the uncompressed segment
   */
  record Broken(Path segment, long line, long offset, String reason) implements AuditVerification {
    @Override
    public String describe() {
      return segment + ": line " + line + ", offset " + offset + ": " + reason;
    }
  }

  /** Returns the result in one line for a person. */
  String describe();

  /**
   * Checks the log whose active segment is {@code file}. Writes nothing; a log that is being
   * written may be checked.
   *
   * @throws IOException if its files cannot be read
   */
  static AuditVerification verify(Path file) throws IOException {
    return ChainCheck.all(new LogPaths(file)).verify();
  }
}
