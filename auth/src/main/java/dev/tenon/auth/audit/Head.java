package dev.tenon.auth.audit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The small file beside the log that says how far it goes, so that a clean cut of its last lines
 * shows. It is written in place, after a batch was forced to disk and before anyone is told; itself
 * it is forced when a segment is sealed and at the end. So it is never ahead of the log, and behind
 * it only after a loss of power.
 */
final class Head implements Closeable {
  private static final Pattern FORM = Pattern.compile("00([0-9]{18}) ([0-9a-f]{64})\n");

  private final LogFiles.LogFile file;

  private Head(LogFiles.LogFile file) {
    this.file = file;
  }

  /** Makes the head of an empty log. It is there whole or not at all, whenever a crash comes. */
  static Head create(LogFiles files, LogPaths paths) throws IOException {
    Files.deleteIfExists(paths.unfinishedHead());
    try (Head made = new Head(files.create(paths.unfinishedHead(), LogFiles.Mode.OVERWRITE))) {
      made.write(Link.START);
      made.force();
    }
    files.move(paths.unfinishedHead(), paths.head());
    files.syncDirectory(paths.folder());
    return open(files, paths);
  }

  static Head open(LogFiles files, LogPaths paths) throws IOException {
    return new Head(files.open(paths.head(), LogFiles.Mode.OVERWRITE));
  }

  /**
   * Returns what the file at {@code path} says; empty if there is none.
   *
   * @throws AuditBrokenException if it is not what was written
   */
  static Optional<Link> read(Path path) throws IOException {
    String text;
    try {
      text = new String(Files.readAllBytes(path), US_ASCII);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new AuditBrokenException(
          new AuditVerification.Broken(path, 1, 0, "it does not have the form of a head"));
    }
    return Optional.of(new Link(Long.parseLong(matcher.group(1)), matcher.group(2)));
  }

  void write(Link last) throws IOException {
    String text = String.format(Locale.ROOT, "%020d ", last.sequence()) + last.digest() + "\n";
    file.write(text.getBytes(US_ASCII));
  }

  void force() throws IOException {
    file.force();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
