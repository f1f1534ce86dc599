package dev.tenon.auth.revocation;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.revocation.RevokedCertificate.ByFingerprint;
import dev.tenon.auth.revocation.RevokedCertificate.BySerial;
import dev.tenon.core.Fingerprint;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The file in which a host keeps what it revoked: a first line that says what it is, and one line
 * each. Mode 0600; replaced as a whole, so that a reader and a power failure find the old text or
 * the new one. Used by one thread at a time.
 */
final class RevocationFile {
  /** Largest file: some 200,000 entries. */
  static final int MAX_BYTES = 16 * 1024 * 1024;

  private static final String HEADER = "tenon-revocations 1";

  private final Path path;

  RevocationFile(Path path) {
    this.path = path.toAbsolutePath();
  }

  /**
   * Returns what is in the file; nothing if there is none.
   *
   * @throws ConfigException if it cannot be read, or any line is not what it should be: with half
   *     of it a host would let in whom it should not
   */
  Set<RevokedCertificate> read() throws ConfigException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(path)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException e) {
      return Set.of();
    } catch (IOException e) {
      throw new ConfigException(
          ConfigException.Kind.UNREADABLE,
          List.of(path + ": cannot be read (expected: the host's list of revocations)"));
    }
    String text = new String(bytes, US_ASCII);
    if (bytes.length > MAX_BYTES || !text.startsWith(HEADER + "\n") || !text.endsWith("\n")) {
      throw invalid("damaged (expected: \"" + HEADER + "\", and whole lines, at most 16 MiB)");
    }
    String[] lines = text.split("\n", -1);
    Set<RevokedCertificate> read = new LinkedHashSet<>();
    for (int i = 1; i < lines.length - 1; i++) {
      read.add(parse(lines[i], i + 1));
    }
    return read;
  }

  private RevokedCertificate parse(String line, int number) throws ConfigException {
    try {
      RevokedCertificate parsed =
          line.startsWith(BySerial.WORD)
              ? new BySerial(new BigInteger(line.substring(BySerial.WORD.length()), 16))
              : fingerprint(line);
      if (parsed.line().equals(line)) {
        return parsed;
      }
    } catch (IllegalArgumentException e) {
      // Said below, without what the line has.
    }
    throw invalid("line " + number + " (expected: \"serial HEX\" or \"fingerprint HEX\")");
  }

  private static RevokedCertificate fingerprint(String line) {
    if (!line.startsWith(ByFingerprint.WORD)) {
      throw new IllegalArgumentException("line");
    }
    return new ByFingerprint(new Fingerprint(line.substring(ByFingerprint.WORD.length())));
  }

  private ConfigException invalid(String problem) {
    return new ConfigException(ConfigException.Kind.INVALID, List.of(path + ": " + problem));
  }

  /**
   * Replaces the file by one with {@code all}, which is on the disk when this returns.
   *
   * @throws IOException if that fails; the file is as it was then
   */
  void write(Collection<RevokedCertificate> all) throws IOException {
    StringBuilder text = new StringBuilder(HEADER).append('\n');
    all.forEach(one -> text.append(one.line()).append('\n'));
    byte[] bytes = text.toString().getBytes(US_ASCII);
    if (bytes.length > MAX_BYTES) {
      throw new IOException(path + ": full (expected: at most 16 MiB)");
    }
    Path folder = path.getParent();
    Path fresh =
        Files.createTempFile(
            folder,
            ".revocations",
            ".new",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      try (FileChannel out = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        while (left.hasRemaining()) {
          out.write(left);
        }
        out.force(/* metaData= */ true);
      }
      Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      try (FileChannel entry = FileChannel.open(folder, StandardOpenOption.READ)) {
        entry.force(/* metaData= */ true); // The new name, too, survives a power failure.
      }
    } finally {
      Files.deleteIfExists(fresh);
    }
  }
}
