package dev.tenon.auth.audit;

import dev.tenon.auth.audit.AuditVerification.Broken;
import dev.tenon.auth.audit.AuditVerification.TornTail;
import dev.tenon.auth.audit.AuditVerification.Whole;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Holds segments, in the order of their records, and the head to one chain. Used once. */
final class ChainCheck {
  private final LogPaths paths;
  private final List<Segment> segments = new ArrayList<>();

  private record Segment(Path path, Optional<ChainedLine.First> first) {
    long begins() {
      return first.map(line -> line.before().sequence()).orElse(Long.MAX_VALUE);
    }
  }

  /** Returns the check of the whole log. */
  static ChainCheck all(LogPaths paths) throws IOException {
    return new ChainCheck(paths, paths.segments());
  }

  /** Returns the check of the end of the log alone, which is what a start needs to know. */
  static ChainCheck end(LogPaths paths) throws IOException {
    List<Path> last = new ArrayList<>();
    long most = -1;
    for (Path segment : paths.lastSegments()) {
      long first = SegmentReader.first(segment).map(line -> line.before().sequence()).orElse(-1L);
      if (first < 0 && Files.size(segment) > 0) {
        last.add(segment); // Damaged: it may well be the last.
      } else if (first > most) {
        most = first;
        last.removeIf(other -> !other.equals(paths.active()));
        last.add(segment);
      }
    }
    return new ChainCheck(paths, last);
  }

  private ChainCheck(LogPaths paths, List<Path> files) throws IOException {
    this.paths = paths;
    for (Path file : files) {
      if (Files.size(file) > 0) {
        segments.add(new Segment(file, SegmentReader.first(file)));
      }
    }
    segments.sort(Comparator.comparingLong(Segment::begins));
  }

  AuditVerification verify() throws IOException {
    Optional<Link> head;
    try {
      head = Head.read(paths.head());
    } catch (AuditBrokenException e) {
      return e.where();
    }
    if (head.isEmpty()) {
      return segments.isEmpty()
          ? new Whole(1, 0, Link.START.digest(), 0)
          : new Broken(paths.head(), 1, 0, "it is missing");
    }
    return verify(head.get());
  }

  private AuditVerification verify(Link head) throws IOException {
    if (segments.isEmpty()) {
      return head.equals(Link.START)
          ? new Whole(1, 0, head.digest(), 0)
          : new Broken(paths.active(), 1, 0, "records up to " + head.sequence() + " are missing");
    }
    Link link = segments.get(0).first().map(ChainedLine.First::before).orElse(Link.START);
    long first = link.sequence() + 1;
    if (link.sequence() == 0 && !link.equals(Link.START)) {
      return broken(0, "it does not begin as a log does");
    }
    for (int i = 0; i < segments.size() - 1; i++) {
      Optional<ChainedLine.First> next = segments.get(i + 1).first();
      if (segments.get(i).first().isEmpty() || (next.isEmpty() && i + 2 < segments.size())) {
        return broken(i, "it does not begin as a segment does");
      }
      if (next.isEmpty()) {
        return verifyDamaged(i, link, head);
      }
      SegmentReader.Reading reading =
          SegmentReader.read(segments.get(i).path(), link, next.get().before().sequence(), head);
      Optional<Broken> broken = broken(i, reading, next.get());
      if (broken.isPresent()) {
        return broken.get();
      }
      link = next.get().before();
    }
    return verifyLast(segments.size() - 1, link, first, head);
  }

  /** The last segment was begun, and its first record not written whole. */
  private AuditVerification verifyDamaged(int before, Link link, Link head) throws IOException {
    AuditVerification whole = verifyLast(before, link, 1, head);
    if (!(whole instanceof Whole)) {
      return whole;
    }
    Path segment = segments.get(before + 1).path();
    return segment.equals(paths.active())
        ? new TornTail(segment, 1, 0)
        : broken(before + 1, "it does not begin as a segment does");
  }

  private AuditVerification verifyLast(int index, Link before, long first, Link head)
      throws IOException {
    Path path = segments.get(index).path();
    SegmentReader.Reading reading = SegmentReader.read(path, before, Long.MAX_VALUE, head);
    if (reading.headDiffers()) {
      return new Broken(
          path, reading.line(), reading.offset(), "its records are not those of the head");
    }
    if (reading.last().sequence() < head.sequence()) {
      return broken(reading, path, "records up to " + head.sequence() + " are missing or changed");
    }
    return switch (reading.rest()) {
      case NOTHING ->
          new Whole(first, reading.last().sequence(), reading.last().digest(), segments.size());
      case NO_RECORDS ->
          LogPaths.isCompressed(path)
              ? broken(reading, path, "it cannot be unpacked")
              : new TornTail(path, reading.line(), reading.offset());
      case RECORDS -> broken(reading, path, "a record was changed");
    };
  }

  private Optional<Broken> broken(
      int index, SegmentReader.Reading reading, ChainedLine.First next) {
    Path path = segments.get(index).path();
    if (reading.headDiffers()) {
      return Optional.of(broken(reading, path, "its records are not those of the head"));
    }
    if (reading.last().sequence() < next.before().sequence()) {
      return Optional.of(
          broken(
              reading,
              path,
              "records up to " + next.before().sequence() + " are missing or changed"));
    }
    if (!reading.last().equals(next.before())) {
      return Optional.of(broken(index + 1, "it does not go on from the segment before"));
    }
    if (reading.rest() != SegmentReader.Rest.NOTHING && !next.afterFailure()) {
      return Optional.of(broken(reading, path, "there is more than was written"));
    }
    return Optional.empty();
  }

  private Broken broken(int index, String reason) {
    return new Broken(segments.get(index).path(), 1, 0, reason);
  }

  private static Broken broken(SegmentReader.Reading reading, Path path, String reason) {
    return new Broken(path, reading.line(), reading.offset(), reason);
  }
}
